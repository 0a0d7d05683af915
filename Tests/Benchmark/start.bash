# shellcheck shell=bash disable=SC2154
# What a person waits for: the part start of Tests/Benchmark/run.

# time_in_runs NAME COMMAND…: the median of a command's wall time, in milliseconds.
time_in_runs() {
  local name=$1 run
  shift
  rm -f "$work/times"
  for ((run = 0; run < runs; run++)); do time_command "$work/times" "$@"; done
  figure "$name" "$(column 1 "$work/times" | awk '{ print $1 * 1000 }' | median)" ms
}

benchmark_start() {
  say "start, reload, show and search, median of $runs runs"
  time_in_runs "start/mailtrail --version" "$binary" --version
  time_in_runs "start/mailtrail rules check" "$binary" rules check

  # Five days, each with its files. The entries are of the past, so the collector's retention reaches far back.
  make_journal five-days "$entries" 10000 0 --days 5
  cat >"$work/start.yaml" <<YAML
audit: { directory: $work/start-tree, retention: 20000d, system-messages: off }
mailboxes: { default-domain: example.org }
sources:
  - journal: { directories: [$work/five-days] }
state: { directory: $work/start-state }
YAML
  "$binary" collect --until-end --config "$work/start.yaml" 2>"$work/errors" ||
    { cat "$work/errors" >&2; die "collect --until-end failed"; }
  time_in_runs "start/collect --until-end with nothing to do" "$binary" collect --until-end --config "$work/start.yaml"
  "$tools/reload" "$runs" "$binary" collect --config "$work/start.yaml" | figures

  figure "search/day files" "$(find "$work/start-tree" -name 'AUDIT-*.log' | wc -l)" files
  local mailbox
  mailbox=$(busiest_mailbox "$work/start-tree")
  time_in_runs "show -n 20 of the busiest mailbox" "$binary" show -n 20 --no-pager --config "$work/start.yaml" "$mailbox"
  time_in_runs "search --ip over all mailboxes" "$binary" search --no-pager --config "$work/start.yaml" \
    --ip 192.0.7.7
  time_in_runs "search -n 20 over all mailboxes" "$binary" search -n 20 --no-pager --config "$work/start.yaml"
  time_in_runs "search --since the last day" "$binary" search --no-pager --config "$work/start.yaml" \
    --since "$(last_day "$work/start-tree")" --kind login.failed
}

# The mailbox of the largest file.
busiest_mailbox() {
  find "$1" -mindepth 3 -name 'AUDIT-*.log' -printf '%s %P\n' | sort -rn |
    awk 'NR == 1 { split($2, part, "/"); print part[2] "@" part[1] }'
}

# The newest day of a tree, as YYYY-MM-DD.
last_day() {
  find "$1" -name 'AUDIT-*.log' -printf '%f\n' | sort | tail -n 1 |
    sed 's/AUDIT-\(..\)\(..\)\(..\).*/20\1-\2-\3/'
}
