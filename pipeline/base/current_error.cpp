// SPDX-License-Identifier: BSD-3-Clause
#include "pipeline/base/current_error.hpp"

#include <filesystem>
#include <new>

#include "pipeline/base/file_type.hpp"

namespace setsz {

Error current_error() {
  try {
    throw;
  } catch (Error const& error) {
    return error;
  } catch (std::bad_alloc const&) {
    return {ExitCode::out_of_memory, "out of memory"};
  } catch (std::filesystem::filesystem_error const& error) {
    return error_of(error);
  } catch (std::exception const& error) {
    return {ExitCode::internal, error.what()};
  } catch (...) {
    return {ExitCode::internal, "unknown exception"};
  }
}

}  // namespace setsz
