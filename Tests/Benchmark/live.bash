# shellcheck shell=bash disable=SC2154
# A journal that is being written: the part live of Tests/Benchmark/run.

# The bar of the service: so many entries a second.
live_rate=5000
# Each of them gets some of the entries in turn, so each has lines in every batch.
live_mailboxes=500

benchmark_live() {
  say "live: $live_rate entries a second into $live_mailboxes mailboxes for $seconds seconds, and $seconds idle ones"
  if ! can_use_namespaces; then
    skip "live: it needs root, for a journald in namespaces of its own"
    return
  fi
  compile_preloaded durable || die "Tests/Benchmark/durable.c does not compile"
  mkdir -p "$work/live"
  # A bash of its own, because namespaces begin with a program.
  # shellcheck disable=SC2016
  if in_namespaces bash -euo pipefail -c 'source Tests/Helpers/functions; source "$1/live.bash"; live_inside "${@:2}"' \
    bash "$tools" "$binary" "$work/live" \
    "$work/durable" "$seconds" "$live_rate" "$live_mailboxes" >"$work/live.figures" 2>"$work/errors"; then
    figures <"$work/live.figures"
  else
    case $? in
      77) skip "live: $(tail -n 1 "$work/errors")" ;;
      *)
        cat "$work/errors" >&2
        tail -n 5 "$work/live/collector.log" >&2 || true
        die "live failed"
        ;;
    esac
  fi
}

# live_inside PROGRAM WORK PRELOADED SECONDS RATE MAILBOXES: in the namespaces, where everything that is mounted or
# started is gone with them. Ends with 77 where there can be no journald.
live_inside() {
  local program=$1 work=$2
  shift 2
  prepare_journald "$work" "$work/log" <<'CONF'
[Journal]
Storage=persistent
RateLimitIntervalSec=0
ReadKMsg=no
Audit=no
ForwardToSyslog=no
CONF
  start_journald "$work" || { echo "journald does not start here" >&2; return 77; }
  seq -f 'user%.0f@example.org' 0 "$(($4 - 1))" >"$work/known"
  cat >"$work/mailtrail.yaml" <<YAML
audit: { level: 1, directory: $work/Audit, retention: 1d, system-messages: off }
state: { directory: $work/state }
mailboxes: { default-domain: example.org, known: [$work/known] }
YAML
  "$(dirname "${BASH_SOURCE[0]}")/live" "$program" "$work" "$@"
}
