# shellcheck shell=bash disable=SC2154
# Replay beside others that read the same journal: the part replay of Tests/Benchmark/run.

benchmark_replay() {
  say "replay of $entries entries of $mailboxes mailboxes, median of $runs runs in turns"
  local noise
  compile enumerate -lsystemd || die "the C loop does not compile; libsystemd-dev is needed"
  find_peers
  for noise in 0 20 95; do replay_beside_others "$noise"; done
}

# Unpacks rsyslog and syslog-ng: they conflict as packages, and neither is to become this machine's service. `peers` has
# those that are there.
find_peers() {
  peers=()
  local name names
  if ! can_use_namespaces; then
    skip "rsyslog and syslog-ng: they need root, for namespaces in which the journal is theirs"
    return
  fi
  if ! command -v apt-get >/dev/null; then
    skip "rsyslog and syslog-ng: there is no apt-get to fetch them with"
    return
  fi
  mkdir -p "$work/packages"
  for name in rsyslog syslog-ng-core; do
    names=$(apt-get -s -qq install --no-install-recommends "$name" 2>/dev/null | sed -n 's/^Inst \([^ ]*\) .*/\1/p')
    # shellcheck disable=SC2086
    if (cd "$work/packages" && rm -f -- *.deb && apt-get -qq download ${names:-$name} >/dev/null 2>&1 &&
      for package in *.deb; do dpkg -x "$package" "$work/system"; done); then
      peers+=("${name%-core}")
    else
      skip "$name: apt-get cannot fetch it"
    fi
  done
}

# How many lines a peer writes: those in which its expressions find a user.
peer_lines() {
  awk '
    /^SYSLOG_IDENTIFIER=/ { name = substr($0, 19) }
    /^MESSAGE=/ {
      if (name == "dovecot" && /(user=<|imap\(|lmtp\()[^>)]+[>)]/) count++
      if (name ~ /^postfix/ && /sasl_username=[^ ,]+/) count++
    }
    END { print count + 0 }' "$1"
}

# run_contender NAME JOURNAL RUN LINES: times one run.
run_contender() {
  local name=$1 journal=$2 run=$3 lines=$4 times=$2.$1
  case $name in
    mailtrail) time_command "$times" "$binary" replay -D "$journal" --output-dir "$journal.tree-$run" -q ;;
    journalctl) time_command "$times" journalctl -D "$journal" -o cat --no-pager ;;
    enumerate) time_command "$times" "$work/enumerate" "$journal" ;;
    *)
      "$tools/peer" "$name" "$work/system" "$journal" "$journal.$name-$run" "$lines" >>"$times" 2>"$work/errors" || {
        skip "$name: $(tail -n 1 "$work/errors")"
        return 1
      }
      ;;
  esac
}

replay_beside_others() {
  local noise=$1 journal=$work/journal-$1 contenders=(mailtrail journalctl enumerate "${peers[@]}") failed=" "
  local run turn name lines ours theirs
  make_journal "journal-$noise" "$entries" "$mailboxes" "$noise"
  lines=$(peer_lines "$journal.export")
  rm "$journal.export"
  # Nobody is always the first, and nobody always comes behind the same other.
  for ((run = 0; run < runs; run++)); do
    for ((turn = 0; turn < ${#contenders[@]}; turn++)); do
      name=${contenders[(turn + run) % ${#contenders[@]}]}
      [[ $failed != *" $name "* ]] || continue
      run_contender "$name" "$journal" "$run" "$lines" || failed+="$name "
    done
  done
  ours=$(column 1 "$journal.mailtrail" | median)
  figure "replay/noise $noise %" "$ours" s
  figure "replay/noise $noise %/rate" "$(awk -v n="$entries" -v s="$ours" 'BEGIN { printf "%.0f", n / s }')" entries/s
  figure "replay/noise $noise %/processor" "$(column 2 "$journal.mailtrail" | median)" s
  figure "replay/noise $noise %/anonymous memory" \
    "$(mebibytes "$(column 3 "$journal.mailtrail" | sort -n | tail -n 1)")" MiB
  for name in "${contenders[@]:1}"; do
    [[ $failed != *" $name "* ]] || continue
    theirs=$(column 1 "$journal.$name" | median)
    figure "$name/noise $noise %" "$theirs" s
    figure "replay/noise $noise %/of $name" "$(quotient "$ours" "$theirs")" x
  done
}
