# shellcheck shell=bash disable=SC2154
# Instructions per entry, which do not depend on how busy the machine is: Tests/Benchmark/run --instructions.
#
# Each figure is the difference of two runs under callgrind, so that what a start costs falls out of it:
#   reading      the second half of a journal's entries, read, decoded and matched, as the reading threads do it
#   matching     the lines of mail daemons, kept in memory, with and without matching them
#   correlation  joining into events what was read and matched
#   writing      encoding the events and writing the tree
#   whole        the second half of a journal's entries in `mailtrail replay --output-dir`, all threads

thresholds=Tests/Benchmark/instructions
instruction_entries=10000

# What the figures depend on besides the program: the journal library is in the reading, and glibc chooses its copying
# loops by what valgrind has of the processor.
instruction_surroundings() {
  printf '%s, valgrind %s, libsystemd %s, glibc %s, Swift %s' "$(uname -m)" \
    "$(valgrind --version | sed 's/valgrind-//')" "$(pkg-config --modversion libsystemd)" \
    "$(getconf GNU_LIBC_VERSION | sed 's/glibc //')" \
    "$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9.]*\).*/\1/p' | head -n 1)"
}

# instructions NAME COMMAND…: counts one run into work/NAME.instructions.
instructions() {
  local name=$1
  shift
  # Swift's hash seed differs from run to run otherwise.
  SWIFT_DETERMINISTIC_HASHING=1 valgrind --tool=callgrind --callgrind-out-file=/dev/null "$@" \
    >"$work/$name.output" 2>&1 || { tail -n 5 "$work/$name.output" >&2; return 1; }
  sed -n 's/.* Collected : \([0-9]*\).*/\1/p' "$work/$name.output" >"$work/$name.instructions"
  [[ -s "$work/$name.instructions" ]]
}

# per_entry NAME NAME [ENTRIES]: the difference of two counts, by entry.
per_entry() {
  awk -v a="$(cat "$work/$1.instructions")" -v b="$(cat "$work/$2.instructions")" \
    -v entries="${3:-$instruction_entries}" 'BEGIN { printf "%.0f", (a - b) / entries }'
}

count_instructions() {
  local mode=$1 half=$((instruction_entries / 2)) program=$work/mailtrail stages=$work/mailtrail-benchmark job
  say "instructions per entry of $instruction_entries entries, under callgrind"
  ((EUID != 0)) || install_packages valgrind
  command -v valgrind >/dev/null || { skip "instructions: valgrind is missing"; return; }
  # Without debug information, of which callgrind wants nothing and valgrind cannot read all.
  strip --strip-debug -o "$program" "$binary"
  strip --strip-debug -o "$stages" "$parts"
  make_journal half "$half" 200 20
  make_journal whole "$instruction_entries" 200 20
  local -a jobs=(
    "read-half $stages stage read $work/half"
    "read $stages stage read $work/whole"
    "keep $stages stage keep $work/whole"
    "match $stages stage match $work/whole"
    "join $stages stage join $work/whole"
    "write $stages stage write $work/whole $work/stage-tree"
    "replay-half $program replay -q -D $work/half --output-dir $work/replay-half-tree"
    "replay $program replay -q -D $work/whole --output-dir $work/replay-tree"
  )
  local -a pids=()
  for job in "${jobs[@]}"; do
    # Counting does not mind a neighbour.
    while (($(jobs -pr | wc -l) >= $(nproc))); do wait -n || true; done
    # shellcheck disable=SC2086
    instructions $job &
    pids+=("$!")
  done
  for job in "${!pids[@]}"; do wait "${pids[job]}" || die "callgrind failed: ${jobs[job]}"; done

  {
    printf 'reading\t%s\n' "$(per_entry read read-half "$half")"
    printf 'matching\t%s\n' "$(per_entry match keep)"
    printf 'correlation\t%s\n' "$(per_entry join read)"
    printf 'writing\t%s\n' "$(per_entry write join)"
    printf 'whole\t%s\n' "$(per_entry replay replay-half "$half")"
  } >"$work/instructions"
  if [[ $mode == set ]]; then set_thresholds; else check_thresholds; fi
}

set_thresholds() {
  local name count
  {
    echo "# Instructions per entry; Tests/Benchmark/run --instructions fails at 10 % more, --instructions --set writes this."
    echo "# Set with: $(instruction_surroundings)"
    cat "$work/instructions"
  } >"$thresholds"
  while IFS=$'\t' read -r name count; do figure "instructions/$name" "$count" per-entry; done <"$work/instructions"
  say "$thresholds is written"
}

check_thresholds() {
  local name count limit grown=()
  [[ -f $thresholds ]] || die "$thresholds is missing; Tests/Benchmark/run --instructions --set writes it"
  if ! grep -qxF "# Set with: $(instruction_surroundings)" "$thresholds"; then
    if ! grep -q "^# Set with: $(uname -m)," "$thresholds"; then
      skip "the thresholds of instructions are another processor's; here they would say nothing"
      return
    fi
    printf 'note: the thresholds were s%s; here: %s\n' "$(sed -n 's/^# S\(et with: .*\)/\1/p' "$thresholds")" \
      "$(instruction_surroundings)"
  fi
  while IFS=$'\t' read -r name count; do
    limit=$(awk -F '\t' -v name="$name" '$1 == name { print $2 }' "$thresholds")
    [[ -n $limit ]] || die "$thresholds says nothing of $name; Tests/Benchmark/run --instructions --set writes it"
    figure "instructions/$name" "$count" per-entry
    figure "instructions/$name/of its threshold" "$(quotient "$count" "$limit")" x
    ((count * 100 <= limit * 110)) || grown+=("$name ($limit to $count)")
  done <"$work/instructions"
  ((${#grown[@]} == 0)) ||
    die "more than 10 % more instructions per entry in: ${grown[*]}. If that is wanted: Tests/Benchmark/run" \
      "--instructions --set"
}
