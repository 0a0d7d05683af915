import Correlation
import Glibc
import LogSources
import Platform

/// The lines that a syslog daemon writes into standard input, as a service's input, with the confirmations that it may
/// want: what is acknowledged is durable.
final class PipedInput: ServiceInput {
  private let format: TextLogFormat
  private let confirms: Bool
  private let descriptor: Int32
  private let output: Int32
  private let log: Log
  private let lines: PipedLines
  private let wake: WakeDescriptor
  private let batch = EntryBatch()
  private var assembler: TextEntryAssembler
  private var recent = RecentLines()
  private var openLines: OpenLines?
  /// Lines that an earlier program had taken and not made durable; they come first.
  private var left: [OpenLines.Line] = []

  private var isInTransaction = false
  /// Whether a line of the open transaction came again.
  private var hasComeAgain = false
  private var isConfirmationWanted = false
  private var isReady = false
  /// A line that came while the service could not begin.
  private var refusable: PipedLines.Line?
  private var isOutputClosed = false
  private var foreignLines = 0
  /// Up to this time lines may be of an earlier run that remembered too few of them; microseconds since 1970.
  private var presentUntil: UInt64 = 0
  private var isQuiet = false

  let serviceName = "mailtrail ingest"
  let timing: ServiceTiming
  let stateDirectory: String
  let lockTimeout: UInt64 = 6_000_000
  let mayComeAgain = true
  let isNotifying = false
  let writingTrouble = "nothing is acknowledged until there is room"
  var isReadAgain: Bool { confirms }
  private let isStopWanted: @Sendable () -> Bool

  /// Lines after a start are so much later than those before it, before the tree is no longer searched for them.
  private static let presentMargin: UInt64 = 60_000_000
  /// What a syslog daemon held back while nobody listened comes first: for so long the clock ends no waits.
  private static let backlogTime: UInt64 = 5_000_000
  /// Lines, and entries, of a batch at the most.
  private static let batchSize = (lines: 1024, entries: 256)

  /// - Parameters:
  ///   - stateDirectory: the service's own, within `state.directory`.
  ///   - isStopWanted: whether waiting for a line makes no sense any more.
  init(_ options: Ingestor.Options, stateDirectory: String, isStopWanted: @escaping @Sendable () -> Bool) throws {
    (format, confirms, log) = (options.format, options.confirms, options.log)
    (descriptor, output) = (options.input, options.output)
    self.stateDirectory = stateDirectory
    self.isStopWanted = isStopWanted
    lines = PipedLines(descriptor: options.input)
    wake = try WakeDescriptor()
    assembler = TextEntryAssembler(format: options.format)
    // Lines come through a queue, and may bear whole seconds. rsyslog waits ten seconds for an answer (`confirmTimeout`).
    timing = ServiceTiming(
      positionInterval: 700_000, grace: 2_000_000, waitsForWriter: true, confirmTimeout: confirms ? 3_000_000 : nil,
      silence: 500_000, stopTimeout: 4_000_000, drainTimeout: confirms ? 3_000_000 : nil, isReloadable: false)
  }

  // MARK: State

  func restore(_ chunk: [UInt8], to correlator: Correlator) -> Bool {
    IngestState.restore(chunk, correlator: correlator, recent: &recent)
  }

  func encodeState(of correlator: Correlator) -> [UInt8] {
    IngestState.encode(lines: recent.encodeAll(), records: correlator.encodeState())
  }

  func encodeChanges(of correlator: Correlator) -> [UInt8] {
    IngestState.encode(lines: recent.encodeChanges(), records: correlator.encodeChanges())
  }

  // MARK: Start and end

  /// rsyslogd does not bear a program that ends at its start (its issue 5017): each line is answered with the reason
  /// instead, until the service can begin.
  func refuse(_ error: any Error) throws -> Bool {
    guard confirms else { throw error }
    if !isReady { log.error(error) }
    beReady()
    if refusable != nil { answer(.failed("\(error)")) }
    repeat {
      if isStopWanted() || isOutputClosed { return false }
      refusable = try lines.next()
      if refusable == nil, lines.isAtEnd { return false }
    } while refusable == nil && wait(nil)
    return refusable != nil
  }

  func start(_ content: CheckpointStore.Content?, interest: any EntryInterest) throws -> [SourceNotice] {
    presentUntil = (content?.newest ?? SystemClock.realtime()) &+ Self.presentMargin
    settlesFrom = SystemClock.monotonic() + Self.backlogTime
    assembler = TextEntryAssembler(format: format, interest: interest, last: content?.newest)
    for line in recent.all { assembler.recall(line.identity) }
    // What an earlier program had taken may come again until all of it is known.
    recent.expectAll()
    let openLines = OpenLines(directory: stateDirectory, log: log)
    left = openLines.takeUp()
    self.openLines = openLines
    if left.isEmpty { expectAnew() }
    beReady()
    return []
  }

  /// After a start every line may come again, where there are confirmations.
  private func expectAnew() {
    if confirms { recent.expectAll() } else { recent.expectNothing() }
  }

  private func beReady() {
    if !isReady { answer(.ok) }
    isReady = true
  }

  func end() -> [SourceNotice] {
    guard lines.isAtEnd, lines.hasTornLine else { return [] }
    // Whoever ended in the middle of a line sends it again, or it is lost: half of it would be emitted as something else.
    return [
      SourceNotice(
        kind: isInTransaction ? .warning : .gap, subject: "standard input",
        reason: "the last line has no end and was left out")
    ]
  }

  func stop() {}

  // MARK: Reading

  func receive(timeout: UInt64) throws -> InputEvent {
    batch.removeAll()
    isQuiet = false
    if let event = takeLeft() { return event }
    while true {
      if let event = try takeLines() { return event }
      if lines.isAtEnd || isOutputClosed { return .ended }
      guard wait(timeout) else {
        isQuiet = true
        return .timedOut
      }
      if isWoken { return .timedOut }
    }
  }

  /// Takes the lines that are there.
  private func takeLines() throws -> InputEvent? {
    var count = 0
    while !isConfirmationWanted, count < Self.batchSize.lines, batch.entries.count < Self.batchSize.entries,
      let line = try refusable ?? lines.next()
    {
      refusable = nil
      count += 1
      if confirms { takeConfirmed(line) } else { take(line.bytes, isCut: line.isCut) }
      if isOutputClosed { break }
    }
    if batch.examinedCount > 0 { return .batch(batch, notices: [], moves: !batch.entries.isEmpty) }
    guard isConfirmationWanted else { return nil }
    isConfirmationWanted = false
    return .confirmationWanted
  }

  private func takeLeft() -> InputEvent? {
    guard !left.isEmpty else { return nil }
    for line in left.prefix(Self.batchSize.entries) {
      line.bytes.withUnsafeBytes { take($0, isCut: line.isCut, isKept: true) }
    }
    left.removeFirst(min(left.count, Self.batchSize.entries))
    if left.isEmpty { expectAnew() }
    return .batch(batch, notices: [], moves: true)
  }

  private func takeConfirmed(_ line: PipedLines.Line) {
    switch ConfirmationProtocol.command(line.bytes) {
    case .begin:
      // An open transaction was given up: its lines come again.
      if isInTransaction { recent.expectUnacknowledged() }
      (isInTransaction, hasComeAgain) = (true, false)
      answer(.ok)
    case .commit:
      isInTransaction = false
      isConfirmationWanted = true
    case nil:
      take(line.bytes, isCut: line.isCut)
      if isInTransaction { answer(.deferred) } else { isConfirmationWanted = true }
    }
  }

  /// - Parameter isKept: of lines that an earlier program had taken, and that are kept already.
  private func take(_ line: UnsafeRawBufferPointer, isCut: Bool, isKept: Bool = false) {
    let (rest, mark, hasToken) = RecentLines.separate(line)
    // Without acknowledgement nothing is sent again, and a line without a token that is like another is another.
    let mayComeAgain = hasToken || confirms || isKept
    if mayComeAgain, recent.takesAgain(mark: mark, hasToken: hasToken) {
      hasComeAgain = true
      return
    }
    switch assembler.append(rest, now: Int(SystemClock.realtime() / 1_000_000), isCut: isCut, to: batch) {
    case .entry:
      recent.insert(.init(mark: mark, hasToken: hasToken, identity: assembler.lastIdentity))
      // A line outside a transaction is answered when it is durable.
      if isInTransaction || !confirms, !isKept { openLines?.append(line, isCut: isCut) }
    case .unwanted: break
    case .unparsed: countForeign(rest)
    }
  }

  /// Says once what is wrong with the template.
  private func countForeign(_ line: UnsafeRawBufferPointer) {
    foreignLines += 1
    guard foreignLines == 1 else { return }
    let beginning = String(decoding: line.prefix(80).map { $0 < 32 || $0 == 127 ? 46 : $0 }, as: UTF8.self)
    log.warning(
      "a line is none of the format \(format.rawValue) and was left out, as all like it will be: \(beginning)")
  }

  /// Waits for lines or a signal; false when the time was over first.
  private func wait(_ microseconds: UInt64?) -> Bool {
    var wanted = [descriptor, wake.descriptor].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
    let milliseconds = microseconds.map { Int32(clamping: $0 / 1000 + 1) } ?? -1
    let result = poll(&wanted, nfds_t(wanted.count), milliseconds)
    isWoken = wake.drain()
    return result != 0
  }

  /// Whether the last waiting was ended by a signal.
  private var isWoken = false

  func recycle(_ batch: EntryBatch) {}

  var interrupt: @Sendable () -> Void { { [wake] in wake.wake() } }

  func takeReplay() -> BackfillServer.Batch? { nil }

  // MARK: Confirmations

  func acknowledge() { openLines?.clear() }

  func confirm(_ error: String?) {
    guard let error else {
      recent.acknowledge()
      if !hasComeAgain { recent.expectNothing() }
      return answer(.ok)
    }
    recent.expectUnacknowledged()
    answer(.failed(error))
  }

  private func answer(_ answer: ConfirmationProtocol.Answer) {
    guard confirms, !isOutputClosed else { return }
    // Nobody who hears it: what is durable will be sent again and known.
    if !ConfirmationProtocol.send(answer, to: output) { isOutputClosed = true }
  }

  // MARK: How things stand

  var isAtEnd: Bool { true }
  var isHoldingBack: Bool { confirms && isInTransaction }
  private(set) var settlesFrom: UInt64 = 0
  let readingError: String? = nil

  var quietUntil: UInt64 {
    isQuiet && !isInTransaction && SystemClock.monotonic() >= settlesFrom ? SystemClock.realtime() : 0
  }

  func isPastEarlierRuns(newest: UInt64) -> Bool { newest > presentUntil }

  var complaints: [String: String] {
    foreignLines == 0
      ? [:] : ["standard input": "\(foreignLines) lines were none of the format \(format.rawValue)"]
  }
}
