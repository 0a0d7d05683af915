import AuditOutput
import Bridge

/// Entries that bear a mail daemon's identifier and are not believed, by sender: for people and for programs.
struct LeftOutReport {
  private let survey: SenderSurvey

  init(_ survey: SenderSurvey) { self.survey = survey }

  /// A line a sender, the one that wrote last at the end; a note where there is nothing, or more than is kept apart.
  var lines: [String] {
    guard !rows.isEmpty else { return ["no entry that bears a mail daemon's identifier was left out"] }
    var lines = rows.map(Self.line)
    if survey.others > 0 { lines.append("\(survey.others) entries of further senders") }
    return lines
  }

  /// An object a sender, and one for those that are not kept apart.
  var json: [String] { rows.map(Self.object) + (survey.others > 0 ? [Self.rest(survey.others)] : []) }

  private static func rest(_ count: Int) -> String {
    var json = JSONText()
    json.add("count", count)
    json.add("verdict", "others")
    return json.object
  }

  private static func object(_ sender: SenderSurvey.Sender, _ seen: SenderSurvey.Seen) -> String {
    var json = JSONText()
    json.add("time", seen.time)
    json.add("count", seen.count)
    json.add("verdict", verdict(sender))
    json.add("identifier", sender.identifier)
    if let uid = sender.uid { json.add("uid", uid) }
    if let user = user(sender) { json.add("user", user) }
    json.add("unit", sender.unit)
    json.add("executable", sender.executable)
    json.add("message", bytes: seen.message)
    return json.object
  }

  private var rows: [(SenderSurvey.Sender, SenderSurvey.Seen)] {
    survey.leftOut.sorted { ($0.value.time, $0.key.identifier) < ($1.value.time, $1.key.identifier) }
      .map { ($0.key, $0.value) }
  }

  private static func line(_ sender: SenderSurvey.Sender, _ seen: SenderSurvey.Seen) -> String {
    let who = sender.uid.map { uid in user(sender).map { "\($0) (uid \(uid))" } ?? "uid \(uid)" } ?? "nobody known"
    let program = sender.executable.isEmpty ? "" : ", ‘\(sender.executable)’"
    let unit = sender.unit.isEmpty ? "" : " in ‘\(sender.unit)’"
    let text =
      "\(LocalClock.text(seen.time, isISO: true)) \(seen.count) \(verdict(sender)): as \(sender.identifier), by \(who)"
      + program + unit + ": "
    return TerminalText.safe(Array(text.utf8) + seen.message)
  }

  private static func verdict(_ sender: SenderSurvey.Sender) -> String { sender.isRefused ? "refused" : "unprovable" }

  private static func user(_ sender: SenderSurvey.Sender) -> String? {
    sender.isLocal ? sender.uid.flatMap(HostUsers.name(ofUID:)) : nil
  }
}
