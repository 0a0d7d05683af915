import Platform

/// Where the seals of a tree are: `_seals/SEAL-YYMMDD.log`.
package enum SealFiles {
  package static let directoryName = "_seals"

  package static func fileName(_ day: Day) -> String { "SEAL-\(day.digits).log" }

  /// The days for which there is a file, in order.
  package static func days(in root: Directory) throws(FileError) -> [Day] {
    guard let directory = try root.directory(directoryName) else { return [] }
    return try directory.names().compactMap { Day(fileName: $0, prefix: "SEAL-") }.sorted()
  }
}
