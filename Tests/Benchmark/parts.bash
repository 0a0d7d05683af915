# shellcheck shell=bash disable=SC2154
# Parts of the program alone: load, match and correlate of Tests/Benchmark/run.

benchmark_load() {
  say "loading rule tables"
  "$parts" load | figures
}

benchmark_match() {
  say "matching alone"
  "$parts" match | figures
  local size
  if try_packages libpcre2-dev && compile pcre2 -lpcre2-8; then
    for size in 100 500 1500; do
      "$parts" export pcre2 "$size" >"$work/rules"
      "$work/pcre2" alternation "$size" <"$work/rules" | figures
      "$work/pcre2" one-by-one "$size" <"$work/rules" | figures
    done
  else
    skip "PCRE2: libpcre2-dev is missing"
  fi
  # shellcheck disable=SC2046
  if try_packages liblognorm-dev && compile lognorm $(pkg-config --cflags --libs lognorm); then
    for size in 100 500 1500; do
      "$parts" export lognorm "$size" | "$work/lognorm" "$size" | figures
    done
  else
    skip "liblognorm: liblognorm-dev is missing"
  fi
  count_allocations
}

# How often memory is asked for: by the matcher alone, and by a whole replay of entries that no rule knows, whose second
# 20,000 cost no more than what an entry costs.
count_allocations() {
  compile_preloaded allocations || { skip "allocations: the counter does not compile"; return; }
  LD_PRELOAD=$work/allocations "$parts" allocations | figures
  local count
  for count in 20000 40000; do
    make_journal "noise-$count" "$count" 100 100
    LD_PRELOAD=$work/allocations ALLOCATIONS_FILE=$work/allocations-$count \
      "$binary" replay -D "$work/noise-$count" --output-dir "$work/noise-tree-$count" -q
  done
  figure "allocations/entry of other programs, whole replay" \
    "$(awk -v a="$(cat "$work/allocations-20000")" -v b="$(cat "$work/allocations-40000")" \
      'BEGIN { printf "%.3f", (b - a) / 20000 }')" allocations
}

benchmark_correlate() {
  say "correlation with many open queue ids"
  "$parts" correlate | figures
}
