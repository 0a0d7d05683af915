# shellcheck shell=bash disable=SC2154
# What the parts of Tests/Benchmark/run share; sourced by it.

# figure NAME VALUE UNIT
figure() {
  [[ $2 =~ ^-?[0-9.]+$ ]] || die "$1 has no figure: ‘$2’"
  printf '%-62s %12s %s\n' "$1" "$2" "$3"
  printf '{"name":"%s","value":%s,"unit":"%s"}\n' "$1" "$2" "$3" >>"$json"
}

# Takes figures, one JSON object a line, into the table.
figures() {
  tee -a "$json" | python3 -c '
import json, sys
for line in sys.stdin:
    figure = json.loads(line)
    print("%-62s %12s %s" % (figure["name"], figure["value"], figure["unit"]))
'
}

# The middle of numbers, one a line, the upper of two.
median() { sort -n | awk '{ value[NR] = $1 } END { print value[int(NR / 2) + 1] }'; }

# column NUMBER FILE: one of what Tests/Benchmark/measure printed.
column() { awk -v number="$1" '{ print $number }' "$2"; }

# quotient A B
quotient() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.2f", (b > 0 ? a / b : 0) }'; }

# mebibytes KIB
mebibytes() { awk -v kib="$1" 'BEGIN { printf "%.1f", kib / 1024 }'; }

# time_command FILE COMMAND…: appends wall time, processor time and memory to the file.
time_command() {
  local file=$1
  shift
  "$tools/measure" "$@" >>"$file" 2>"$work/errors" || {
    cat "$work/errors" >&2
    die "failed: $*"
  }
}

# compile NAME OPTION…: makes work/NAME of Tests/Benchmark/NAME.c; false when the compiler refuses.
compile() {
  local name=$1
  shift
  cc -O2 -Wall -Wextra "$tools/$name.c" -o "$work/$name" "$@"
}

# compile_preloaded NAME: the same for a library that is preloaded.
compile_preloaded() { compile "$1" -shared -fPIC -ldl; }

# make_journal NAME ENTRIES MAILBOXES NOISE [OPTION…]: work/NAME, and work/NAME.export until it is removed.
make_journal() {
  local name=$1
  shift
  mkdir "$work/$name"
  Tests/Benchmark/journal "$@" >"$work/$name.export"
  journal_remote "$work/$name/system.journal" <"$work/$name.export"
  # Into the page cache: the disk is not what is measured.
  cat "$work/$name"/* >/dev/null
}

# try_packages NAME…: installs optional packages as root; false when they are not there.
try_packages() {
  local name
  for name in "$@"; do
    is_installed "$name" && continue
    ((EUID == 0)) || return 1
    (install_packages "$name") || return 1
  done
}
