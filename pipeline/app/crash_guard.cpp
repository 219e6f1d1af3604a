// SPDX-License-Identifier: BSD-3-Clause
#include "pipeline/app/crash_guard.hpp"

#include <dlfcn.h>
#include <execinfo.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <initializer_list>

#include "io/h5_last_opened.hpp"
#include "pipeline/base/error.hpp"

namespace setsz {

namespace {

void say(char const* text) {
  [[maybe_unused]] auto const written = ::write(STDERR_FILENO, text, std::strlen(text));
}

bool is_in_hdf5(void* address) {
  Dl_info where{};
  return dladdr(address, &where) != 0 && where.dli_fname && std::strstr(where.dli_fname, "libhdf5");
}

extern "C" void on_crash(int) {
  constexpr int most = 64;
  void* frames[most];
  int const n = backtrace(frames, most);
  bool in_hdf5 = false;
  for (int i = 0; i < n; ++i) in_hdf5 = in_hdf5 || is_in_hdf5(frames[i]);
  if (in_hdf5 && *h5_last_opened()) {
    say("setsz: error 65: the HDF5 library crashed after it had opened '");
    say(h5_last_opened());
    say("': the file is damaged; download it again, or remove it and run again\n");
    _exit(static_cast<int>(ExitCode::bad_data));
  }
  say("setsz: error 70: crashed; please report this stack:\n");
  backtrace_symbols_fd(frames, n, STDERR_FILENO);
  _exit(static_cast<int>(ExitCode::internal));
}

}  // namespace

void install_crash_guard() {
#ifdef __SANITIZE_ADDRESS__
  return;  // its own report says more
#endif
  void* frame = nullptr;
  backtrace(&frame, 1);  // loads what it needs now, not inside a signal handler
  // A stack of its own: the ordinary one may be what has run out.
  alignas(16) static char stack[256 * 1024];
  stack_t own{};
  own.ss_sp = stack;
  own.ss_size = sizeof stack;
  sigaltstack(&own, nullptr);
  struct sigaction action {};
  action.sa_handler = on_crash;
  action.sa_flags = SA_ONSTACK | static_cast<int>(SA_RESETHAND);
  for (int const signal : {SIGSEGV, SIGBUS, SIGFPE, SIGABRT}) sigaction(signal, &action, nullptr);
}

}  // namespace setsz
