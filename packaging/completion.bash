# SPDX-License-Identifier: BSD-3-Clause
# Completion of setsz for bash; completion.zsh is the one for zsh.
# Commands, options and keys are those that the program itself declares.
_setsz() {
  local word=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]} program=${COMP_WORDS[0]}
  COMPREPLY=()
  if ((COMP_CWORD == 1)); then
    mapfile -t COMPREPLY < <(compgen -W "$("$program" help | sed -n 's/^  setsz \([a-z]*\).*/\1/p')" -- "$word")
  elif [[ $previous == --set ]]; then
    # section.key=
    mapfile -t COMPREPLY < <(compgen -W "$("$program" options --ini |
      awk '/^\[/ { section = substr($0, 2, length($0) - 2) } /^[A-Za-z0-9_]+ =/ { print section "." $1 "=" }')" -- "$word")
    compopt -o nospace 2>/dev/null
  elif [[ $previous == --stage || $previous == --from || $previous == --until ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$("$program" stages "${COMP_WORDS[2]}" 2>/dev/null)" -- "$word")
  elif [[ $COMP_CWORD == 2 && ${COMP_WORDS[1]} == help ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$("$program" help | sed -n 's/^  \(setsz \)\?\([a-z]*\) .*/\2/p')" -- "$word")
  elif [[ $COMP_CWORD == 2 && ${COMP_WORDS[1]} == options && $word != -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$("$program" options --ini | sed -n 's/^\[\(.*\)\]/\1/p')" -- "$word")
  elif [[ $word == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$("$program" help "${COMP_WORDS[1]}" 2>/dev/null | grep -o '^  \(-h \[ \)\?--[a-z-]*' | grep -o -- '--[a-z-]*')" -- "$word")
  else
    mapfile -t COMPREPLY < <(compgen -f -- "$word")
    compopt -o filenames 2>/dev/null
  fi
}
complete -F _setsz setsz
