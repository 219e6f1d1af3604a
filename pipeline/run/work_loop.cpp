// SPDX-License-Identifier: BSD-3-Clause
#include "pipeline/run/work_loop.hpp"

#include <algorithm>

#include "pipeline/base/log.hpp"
#include "pipeline/base/number.hpp"
#include "pipeline/base/text.hpp"
#include "pipeline/run/stop_signal.hpp"

namespace setsz {

namespace {

std::string default_text(Work const& work, std::int64_t done) {
  return concat(done, " of ", work.end, " ", work.unit);
}

}  // namespace

void work_through(Context& context, Work const& work) {
  std::int64_t done = 0;
  if (auto const committed = context.journal().committed()) {
    work.restore();
    done = *committed;
    Log::info(work.label, ": resumed after ", done, " of ", work.end, " ", work.unit);
  }
  Progress progress(work.label, real(work.end));
  while (done < work.end) {
    done = work.step(done);
    progress.update(real(done), work.note());
    mark_progress(work.label);
    bool const stop = context.stop_requested();
    if (stop || context.checkpoint_due()) {
      context.journal().describe(work.reached ? work.reached(done) : default_text(work, done));
      work.save(done);
    }
    if (stop) context.stop_here();
  }
}

WorkSpell::WorkSpell(RunOptions const& options) {
  constexpr double longest_seconds = 5;
  end_ = seconds_since_start() + std::min(longest_seconds, 60 * options.checkpoint_minutes);
}

bool WorkSpell::is_over() const { return stop_signal_seen() || seconds_since_start() >= end_; }

}  // namespace setsz
