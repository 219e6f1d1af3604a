#compdef setsz
# SPDX-License-Identifier: BSD-3-Clause
# Completion of setsz for zsh: a file _setsz in a folder of $fpath. Commands, topics, options, sections,
# keys and stages are those that the program itself declares, with its explanations.

# _setsz_offer NAME LINE...: the first word of each line "word  explanation" with what follows.
_setsz_offer() {
  local -a described
  local line
  for line in "${@:2}"; do described+=("${line%% *}:${line#* }"); done
  _describe -t "$1" "$1" described
}

_setsz() {
  local program=${words[1]} word=${words[CURRENT]} previous=${words[CURRENT-1]}
  local -a lines
  if ((CURRENT == 2)); then
    lines=("${(@f)$("$program" help | sed -nE 's/^  setsz ([a-z]+)( [^ ]+)? +(.*)/\1 \3/p')}")
    _setsz_offer command "${lines[@]}"
  elif [[ $previous == --set ]]; then
    lines=("${(@f)$("$program" options --ini |
      awk '/^\[/ { section = substr($0, 2, length($0) - 2) } /^[A-Za-z0-9_]+ =/ { print section "." $1 "=" }')}")
    compadd -S '' -- "${lines[@]}"
  elif [[ $previous == (--stage|--from|--until) ]]; then
    lines=("${(@f)$("$program" stages "${words[3]}" 2>/dev/null)}")
    compadd -- "${lines[@]}"
  elif [[ $CURRENT == 3 && ${words[2]} == help ]]; then
    lines=("${(@f)$("$program" help | sed -nE 's/^  (setsz )?([a-z]+)( [^ ]+)?  +(.*)/\2 \4/p')}")
    _setsz_offer topic "${lines[@]}"
  elif [[ $CURRENT == 3 && ${words[2]} == options && $word != -* ]]; then
    lines=("${(@f)$("$program" options --ini | sed -n 's/^\[\(.*\)\]/\1/p')}")
    compadd -- "${lines[@]}"
  elif [[ $word == -* ]]; then
    # An explanation may go on in the lines below.
    lines=("${(@f)$("$program" help "${words[2]}" 2>/dev/null | awk '
      /^  (-h \[ )?--/ { if (all) print all; all = $0; sub(/^  (-h \[ )?/, "", all); sub(/( \])?( [^ ]+)?  */, " ", all); next }
      /^            / && all { sub(/ *$/, "", all); sub(/^ +/, " "); all = all $0; next }
      { if (all) print all; all = "" } END { if (all) print all }')}")
    _setsz_offer option "${lines[@]}"
  else
    _files
  fi
}

_setsz "$@"
