import Glibc
import Platform

extension Configuration {
  /// The file that is read when none is named.
  package static let defaultPath = "/etc/mailtrail/mailtrail.yaml"

  /// Reads the configuration, and of the mail system's own what the domain of bare names is.
  ///
  /// - Parameters:
  ///   - path: the file; nil for `/etc/mailtrail/mailtrail.yaml`, which may be missing.
  ///   - overrides: arguments of `--set`, later ones winning.
  /// - Throws: every problem of the file and of the overrides. An explicit file that is missing is one.
  package static func load(path: String? = nil, overrides: [String] = []) throws(ConfigurationError) -> Configuration {
    let bytes: [UInt8]
    do {
      bytes = try readFile(path ?? defaultPath)
    } catch {
      guard path == nil, error.errno == ENOENT else { throw error }
      bytes = []
    }
    var defaults = Configuration()
    defaults.mailboxes = Mailboxes(LocalDomains.read())
    return try parse(bytes, file: path ?? defaultPath, overrides: overrides, defaults: defaults)
  }

  /// Reads the configuration from the text of a file.
  ///
  /// - Parameters:
  ///   - file: the name that problems bear.
  ///   - defaults: what holds for what the text does not say.
  package static func parse(
    _ bytes: [UInt8], file: String, overrides: [String] = [], defaults: Configuration = Configuration()
  ) throws(ConfigurationError) -> Configuration {
    let problems = ProblemList()
    let tree = YamlReader.read(bytes, origin: .file(file), problems: problems)
    let empty = YamlNode(
      content: .scalar(text: "", isQuoted: false), location: SettingLocation(origin: .file(file)))
    var root = tree ?? empty
    for argument in overrides {
      SettingOverride(argument, problems: problems)?.apply(to: &root, problems: problems)
    }
    let decoder = ConfigurationDecoder(problems: problems)
    let configuration = decoder.configuration(from: root, defaults: defaults)
    guard problems.problems.isEmpty else { throw ConfigurationError(problems: problems.problems) }
    return configuration
  }

  /// The bytes of a file; one more than the limit at most, which is enough to see that it is too long.
  private static func readFile(_ path: String) throws(ConfigurationError) -> [UInt8] {
    do {
      return try InputFile.contents(of: path, limit: YamlReader.maximumSize + 1)
    } catch {
      throw unreadable(path, error.code)
    }
  }

  private static func unreadable(_ path: String, _ number: Int32) -> ConfigurationError {
    let reason = String(cString: strerror(number))
    let advice =
      switch number {
      case ENOENT: "check the path given with --config"
      case EACCES: "it must be readable for the user who runs this"
      case EISDIR: "it must be a file"
      default: "check the file and its file system"
      }
    let problem = ConfigurationProblem(
      location: SettingLocation(origin: .file(path)), message: "cannot be read: \(reason); \(advice)")
    return ConfigurationError(problems: [problem], errno: number)
  }
}
