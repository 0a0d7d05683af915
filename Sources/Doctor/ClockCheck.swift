/// Is the clock sane? Windows, retention and the order between hosts go by it.
struct ClockCheck {
  let machine: Machine
  /// Now, in microseconds since 1970.
  let now: UInt64

  func findings() -> [Finding] {
    // The program is younger than that.
    if now < 1_780_000_000_000_000 {
      return [Finding(.bad, "clock", "it is set to the past", remedy: ["timedatectl set-ntp true"])]
    }
    guard let timedatectl = machine.program("timedatectl"),
      let answer = machine.output(of: timedatectl, "show", "--property=NTPSynchronized", "--value")?.trimmed
    else { return [Finding(.unknown, "clock", "timedatectl does not say whether it is synchronized")] }
    if answer == "yes" { return [Finding(.good, "clock", "synchronized")] }
    return [
      Finding(
        .advice, "clock", "it is not synchronized: times of several hosts may not agree",
        remedy: ["timedatectl set-ntp true      (or install chrony)"])
    ]
  }
}
