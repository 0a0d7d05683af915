import AuditFiles
import AuditModel
import AuditOutput

/// The life of a message as a block for people: a head, then a line for each recipient, with its state at the end.
package struct MessageLifeText {
  private let life: MessageLife
  private let zone: DisplayZone
  private let isISO: Bool
  private let width: Int?
  /// Why nothing may be known of a recipient.
  private let doubt: String

  /// A stranger can name any number of them.
  private static let maximumOrigins = 10

  /// - Parameters:
  ///   - isISO: whether times have their whole date.
  ///   - width: the columns into which lines are folded; nil for a line a recipient however long.
  ///   - doubt: why nothing may be known of a recipient, as in `a gap from … to …`.
  package init(_ life: MessageLife, zone: DisplayZone, isISO: Bool, width: Int?, doubt: String) {
    (self.life, self.zone, self.isISO, self.width, self.doubt) = (life, zone, isISO, width, doubt)
  }

  /// Whole lines.
  package var text: String { (head + recipients).map { $0 + "\n" }.joined() }

  private func time(_ event: AuditEvent) -> String { LocalClock.text(event.time, isISO: isISO, zone: zone) }

  private func labelled(_ label: String, _ text: String) -> String {
    FoldedText.folded(TerminalText.padded(label, 12) + text, width: width, indent: 12)
  }

  private var head: [String] {
    var lines: [String] = []
    if let id = life.messageID { lines.append(labelled("Message-ID", MessageStep.safe(id))) }
    for sender in life.senders.prefix(Self.maximumOrigins) {
      lines.append(labelled("Sender", sender.isEmpty ? "<>" : MessageStep.safe(sender)))
    }
    lines += life.origins.prefix(Self.maximumOrigins).map(origin)
    let hidden = max(life.origins.count, life.senders.count) - Self.maximumOrigins
    if hidden > 0 { lines.append(labelled("", "and \(hidden) more; -o json shows all")) }
    if life.origins.isEmpty {
      lines.append(labelled("Origin", "how it came is not recorded" + queue(life.events.first)))
    }
    if let subject = life.first(.subject) { lines.append(labelled("Subject", MessageStep.safe(subject))) }
    if life.messageID != nil, life.senders.count > 1 {
      lines.append(
        labelled(
          "Note",
          "a Message-ID is the sender's word: of \(life.senders.count) senders, these may be several messages"))
    }
    return lines
  }

  private func origin(_ event: AuditEvent) -> String {
    let fields = event.fields
    var text = time(event)
    if event.kind == .messageSent, let mailbox = fields[.mailbox] { text += " by " + MessageStep.safe(mailbox) }
    if event.kind == .messageSent, let service = fields[.service] { text += ", " + MessageStep.safe(service) }
    if let address = fields[.ip] {
      text += ", from address " + MessageStep.safe(address)
      if let name = fields[.client], !name.elementsEqual("unknown".utf8) { text += " (\(MessageStep.safe(name)))" }
    }
    if event.kind == .messageSent, fields.contains(.confidence) { text += " (ambiguous)" }
    return labelled(event.kind == .messageSent ? "Sent" : "Received", text + queue(event))
  }

  private func queue(_ event: AuditEvent?) -> String {
    guard let event else { return "" }
    let id = event.fields[.queueID].map { ", queue id " + MessageStep.safe($0) } ?? ""
    return id + (event.fields[.host].map { ", on " + MessageStep.safe($0) } ?? "")
  }

  private var recipients: [String] {
    if life.recipients.isEmpty {
      return [FoldedText.folded("  " + unknown("recipients are"), width: width, indent: 4)]
    }
    let lines = life.recipients.map { recipient in
      let address = recipient.address.isEmpty ? "<>" : MessageStep.safe(recipient.address)
      let steps = recipient.events.isEmpty ? unknown("what became of it is") : steps(recipient.events)
      return FoldedText.folded("  \(address): " + steps, width: width, indent: 4)
    }
    guard life.mayHaveOtherRecipients, !doubt.isEmpty else { return lines }
    return lines + [FoldedText.folded("  (others): " + unknown("whether there are more is"), width: width, indent: 4)]
  }

  private func unknown(_ what: String) -> String {
    "unknown: \(what) not recorded" + (doubt.isEmpty ? "" : "; " + doubt)
  }

  /// Equal steps that follow one another are one.
  private func steps(_ events: [AuditEvent]) -> String {
    var steps: [(text: String, first: AuditEvent, last: AuditEvent, count: Int)] = []
    for event in events {
      let text = MessageStep(event).text
      if let step = steps.last, step.text == text {
        steps[steps.count - 1].count += 1
        steps[steps.count - 1].last = event
      } else {
        steps.append((text, event, event, 1))
      }
    }
    return steps.map { step in
      let again = step.count > 1 ? " (\(step.count) times, last \(time(step.last)))" : ""
      return "\(time(step.first)) \(step.text)\(again)"
    }.joined(separator: " · ")
  }
}
