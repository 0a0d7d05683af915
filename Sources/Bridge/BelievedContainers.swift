import Configuration
import LogSources
import RuleTable

/// The containers whose lines are believed: `rules.containers`.
///
/// Whoever may start a container chooses its name and what it writes, and the runtime logs both as root. So a container
/// counts by its name only where the administrator has named it, and only by the word of a runtime: `_COMM`, which
/// journald writes, is dockerd's or conmon's, and `_UID` root's. A part of a longer line is no line: Docker names all of
/// them by CONTAINER_PARTIAL_ID.
struct BelievedContainers: Sendable {
  private let names: [String]
  /// The ones whose journald driver names the container, and all of them: `_COMM` has 15 bytes at the most.
  private static let namingRuntimes = ["dockerd", "conmon"].map { Array($0.utf8) }
  private static let runtimes = namingRuntimes + ["podman", "containerd", "containerd-shim"].map { Array($0.utf8) }

  init(_ rules: Configuration.Rules) { names = rules.containers }

  /// Whether entries of this command are looked at for their container.
  func wants(command: UnsafeRawBufferPointer) -> Bool {
    !names.isEmpty && Self.namingRuntimes.contains { command.elementsEqual($0) }
  }

  /// Whether a command is one of a container's runtime.
  static func isRuntime(_ command: UnsafeRawBufferPointer) -> Bool {
    guard let first = command.first,
      first == UInt8(ascii: "d") || first == UInt8(ascii: "c") || first == UInt8(ascii: "p")
    else {
      return false
    }
    return runtimes.contains { command.elementsEqual($0) }
  }

  /// Whether the configuration names a container.
  func names(_ container: UnsafeRawBufferPointer) -> Bool { names.contains { Glob.matches($0, container) } }

  /// Takes an entry of a believed container for its daemon's own.
  func unwrap(_ entry: inout JournalEntry, in batch: EntryBatch) {
    guard entry.isFromContainer, !entry.isFromBelievedContainer, !entry.isPartOfLine, entry.uid == 0, !names.isEmpty,
      batch.withBytes(of: entry.command, wants(command:)),
      batch.withBytes(of: entry.containerName, names(_:))
    else { return }
    ContainerEntry.unwrap(&entry, in: batch)
    entry.isFromBelievedContainer = true
  }
}
