import Configuration
import LogSources

/// Checks the settings on which the trails depend, and gives the one that corrects each problem. It changes nothing.
package struct Doctor {
  private let machine: Machine
  private let configuration: Configuration
  private let journal: SuppressionCheck?
  private let clock: ClockCheck
  private let senders: SenderCheck?
  private let containers: ContainerCheck?
  private let userOfDovecotLine: (String) -> String?

  /// - Parameters:
  ///   - machine: where to look.
  ///   - journal: which journal to read for dropped messages; nil to leave it out.
  ///   - isMailUnit: whether a unit's messages matter.
  ///   - userOfDovecotLine: the user whom the tables find in a line of Dovecot's, if they know it.
  ///   - senders: who was not believed; nil to leave it out.
  ///   - containers: which containers log as mail daemons; nil to leave it out.
  ///   - now: microseconds since 1970.
  package init(
    machine: Machine, configuration: Configuration, journal: JournalRequest?,
    isMailUnit: @escaping (String) -> Bool, userOfDovecotLine: @escaping (String) -> String?,
    senders: SenderCheck? = nil,
    containers: ContainerCheck? = nil, now: UInt64
  ) {
    self.machine = machine
    self.configuration = configuration
    self.journal = journal.map { SuppressionCheck(request: $0, isMailUnit: isMailUnit, now: now) }
    self.senders = senders
    self.containers = containers
    self.userOfDovecotLine = userOfDovecotLine
    clock = ClockCheck(machine: machine, now: now)
  }

  /// Everything that was looked at, in a fixed order; servers that are not installed are left out.
  package func findings() -> [Finding] {
    var findings = JournaldCheck(machine: machine).findings()
    findings += journal?.findings() ?? []
    findings += clock.findings()
    findings += senders?.findings() ?? []
    findings += containers?.findings() ?? []
    let servers =
      DovecotCheck(machine: machine, userOfLine: userOfDovecotLine).findings()
      + PostfixCheck(machine: machine).findings()
      + EximCheck(machine: machine).findings() + CyrusCheck(machine: machine).findings()
      + CourierCheck(machine: machine).findings()
    findings += servers
    if servers.isEmpty {
      findings.append(
        Finding(.unknown, "mail server", "none of Dovecot, Postfix, Exim, Cyrus and Courier was found on this machine"))
    }
    return findings + CollectorCheck(configuration: configuration, machine: machine).findings()
  }
}
