/// Which entries a stream reads, and how to open their journal again.
struct StreamOrigin: Equatable {
  var opening: JournalOpening
  /// The start of the key: `local`, `directory:PATH`.
  var name: String
  /// The one machine whose entries are read; nil when the journal has at most one.
  var machine: ID128?
  /// Whether `machine` has to be asked of libsystemd, because the journal has others too.
  var matchesMachine = false
  var bootID: ID128?
  /// Whether only the entries without a machine id are read, beside other streams that have one each.
  var isRest = false

  /// The stream's key in a `SourcePosition`.
  var key: String { isRest ? "\(name)#none" : machine.map { "\(name)#\($0)" } ?? name }

  var matches: [String] {
    (matchesMachine ? machine.map { ["_MACHINE_ID=\($0)"] } ?? [] : []) + (bootID.map { ["_BOOT_ID=\($0)"] } ?? [])
  }

  /// Whether everything is read that the journal's sequence numbers count.
  var readsWholeSequence: Bool { !isRest && matches.isEmpty }

  /// Whether these are all entries of a directory, so far of one machine.
  var isDirectoryOfOneMachine: Bool { !matchesMachine && !isRest && name.hasPrefix("directory:") }
}
