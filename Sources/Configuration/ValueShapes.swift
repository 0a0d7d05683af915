import AuditModel
import Glibc
import Platform

// The shapes that the settings of mailtrail.yaml(5) have, each with the sentence that an error shows.

extension ValueShape where Value == Bool {
  static var flag: ValueShape {
    .scalar(allowed: "true or false", names: ["true", "false", "yes", "no"]) { text, isQuoted in
      switch text.lowercased() {
      case "true", "yes", "on": isQuoted ? nil : true
      case "false", "no", "off": isQuoted ? nil : false
      default: nil
      }
    }
  }
}

extension ValueShape where Value == Int {
  /// A whole number; `off` is 0.
  static func countOrOff(upTo maximum: Int) -> ValueShape {
    .scalar(allowed: "a whole number from 1 to \(maximum), or 0 or off for none") { text, _ in
      if text == "off" { return 0 }
      guard let number = DecimalText.number(text), number <= maximum else { return nil }
      return number
    }
  }
}

extension ValueShape where Value == UInt32? {
  static var uid: ValueShape {
    .scalar(allowed: "the number of a user, as in 999") { text, _ in
      DecimalText.number(text).flatMap { UInt32(exactly: $0) }.map(Optional.some)
    }
  }
}

extension ValueShape where Value == String {
  /// A text without control characters.
  ///
  /// - Parameter isValid: what it must be besides; `allowed` says so in words.
  static func text(
    allowed: String, maximumLength: Int = 255, where isValid: @escaping (String) -> Bool = { _ in true }
  ) -> ValueShape {
    .scalar(allowed: allowed) { text, _ in
      let isPlain = !text.unicodeScalars.contains { $0.properties.generalCategory == .control }
      return isPlain && text.utf8.count <= maximumLength && isValid(text) ? text : nil
    }
  }

  static var name: ValueShape { text(allowed: "a name") { !$0.isEmpty } }

  static var absolutePath: ValueShape {
    text(allowed: "a path that begins with /", maximumLength: 4_095) { $0.hasPrefix("/") }
  }

  static var mailDomain: ValueShape {
    text(allowed: "a domain, as in example.org", where: MailDomain.isValid)
  }

  static var extensionDelimiters: ValueShape {
    text(allowed: "the characters in front of an extension, as in \"+\" or \"+-\"; \"\" for none") { text in
      text.utf8.count <= 8 && text.utf8.allSatisfy { $0 > 32 && $0 < 127 && $0 != UInt8(ascii: "@") }
    }
  }

  /// Names that sd_journal_open_namespace(3) takes: they become part of a directory's name.
  static var journalNamespace: ValueShape {
    text(allowed: "the name of a journal namespace") { name in
      !name.isEmpty && !name.hasPrefix(".")
        && name.utf8.allSatisfy { byte in
          (byte | 32) >= 97 && (byte | 32) <= 122 || byte >= 48 && byte <= 57 || "-_.:@".utf8.contains(byte)
        }
    }
  }

  /// An IP address, in the one spelling of inet_ntop(3).
  static var ipAddress: ValueShape {
    .scalar(allowed: "an IP address, as in 192.0.2.7 or \"2001:db8::7\"") { text, _ in IPAddressText.canonical(text) }
  }
}

extension ValueShape where Value == Shard? {
  static var shard: ValueShape {
    .scalar(allowed: "a share, as in 2/8 for the second of eight; at most 4096 of them") { text, _ in
      Shard(text).map(Optional.some)
    }
  }
}

extension ValueShape where Value == Level {
  static var level: ValueShape {
    .scalar(allowed: "1, 3, 5 or 10") { text, isQuoted in
      isQuoted ? nil : DecimalText.number(text).flatMap(UInt8.init(exactly:)).flatMap(Level.init(rawValue:))
    }
  }
}

extension ValueShape where Value == Configuration.KindSetting {
  static var kindSetting: ValueShape {
    .scalar(allowed: "1, 3, 5, 10 or off", names: ["off"]) { text, isQuoted in
      if text == "off" || text == "false" { return .off }
      let number = DecimalText.number(text).flatMap(UInt8.init(exactly:))
      return isQuoted ? nil : number.flatMap(Level.init(rawValue:)).map(Configuration.KindSetting.level)
    }
  }
}

extension ValueShape where Value == Level? {
  static var levelOrOff: ValueShape {
    let setting = ValueShape<Configuration.KindSetting>.kindSetting
    return ValueShape { node, path, problems in
      switch setting.read(node, path, problems) {
      case .level(let level): .some(level)
      case .off: .some(nil)
      case nil: nil
      }
    }
  }
}

extension ValueShape where Value == RetentionPeriod {
  static var period: ValueShape {
    .scalar(
      allowed: "minutes as a bare number, or a length of time (systemd.time(7)), as in 5d; from 1min to 36525d"
    ) { text, _ in
      RetentionPeriod(text).flatMap { RetentionPeriod.allowed.contains($0) ? $0 : nil }
    }
  }
}

extension ValueShape where Value == TimeZoneSetting {
  static var timeZone: ValueShape {
    .scalar(
      allowed: "local, UTC, or a zone under \(TimeZoneSetting.databaseDirectory), as in Europe/Berlin",
      names: ["local", "UTC"]
    ) { text, _ in TimeZoneSetting(text) }
  }
}

extension ValueShape where Value == Configuration.TextSource.Format {
  static var textFormat: ValueShape {
    let names = Configuration.TextSource.Format.allCases.map(\.rawValue).sorted()
    return .scalar(allowed: names.joined(separator: ", "), names: names) { text, _ in Value(rawValue: text) }
  }
}

extension ValueShape where Value == Configuration.AccountFile.Format {
  /// What a file of accounts looks like.
  static var accountFormat: ValueShape {
    let names = Value.allCases.map(\.rawValue).sorted()
    return .scalar(allowed: names.joined(separator: ", "), names: names) { text, _ in Value(rawValue: text) }
  }
}

/// IP addresses as text.
enum IPAddressText {
  /// The spelling of inet_ntop(3); nil when the text is no address.
  static func canonical(_ text: String) -> String? {
    for family in [AF_INET, AF_INET6] {
      // Room for the larger of in_addr and in6_addr, and for the longest text with its NUL.
      var address = in6_addr()
      var buffer = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
      guard inet_pton(family, text, &address) == 1,
        inet_ntop(family, &address, &buffer, socklen_t(buffer.count)) != nil
      else { continue }
      return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
    return nil
  }
}
