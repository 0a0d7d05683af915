extension Configuration {
  /// What a running service takes up of a new configuration.
  ///
  /// The directories, the sources, the time zone and what is announced belong to what is open: they keep their values
  /// until a restart.
  ///
  /// - Returns: the configuration to go on with, and the keys that the new one has changed in vain.
  package func reloading(_ next: Configuration) -> (configuration: Configuration, unapplied: [String]) {
    var applied = next
    var unapplied: [String] = []
    func keep<Value: Equatable>(_ key: String, _ path: WritableKeyPath<Configuration, Value>) {
      guard next[keyPath: path] != self[keyPath: path] else { return }
      applied[keyPath: path] = self[keyPath: path]
      unapplied.append(key)
    }
    keep("audit.directory", \.audit.directory)
    keep("state.directory", \.state.directory)
    keep("sources", \.sources)
    keep("audit.time-zone", \.audit.timeZone)
    keep("audit.system-messages", \.audit.systemMessages)
    keep("audit.tamper-evidence", \.audit.hasTamperEvidence)
    keep("audit.seal-period", \.audit.sealPeriod)
    return (applied, unapplied)
  }
}
