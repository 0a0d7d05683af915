// swift-tools-version: 6.2
// One package, one program: `mailtrail`. The modules and their order are described in .github/ARCHITECTURE.md.
import PackageDescription

// The exact version, so that the same commit gives the same program. The Debian package is built from a copy of it that
// lacks Foundation (packaging/build-deb), which makes the program a third smaller.
let argumentParser: Package.Dependency =
  if let copy = Context.environment["MAILTRAIL_ARGUMENT_PARSER"] {
    .package(path: copy)
  } else {
    .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2")
  }

let package = Package(
  name: "mailtrail",
  products: [.executable(name: "mailtrail", targets: ["mailtrail"])],
  dependencies: [argumentParser],
  targets: [
    .systemLibrary(name: "CSystemd", pkgConfig: "libsystemd", providers: [.apt(["libsystemd-dev"])]),
    .systemLibrary(name: "CYaml", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"])]),
    .systemLibrary(name: "CCompression", providers: [.apt(["zlib1g-dev", "liblzma-dev", "libzstd-dev"])]),
    .target(name: "CLinux"),
    .target(name: "Platform", dependencies: ["CLinux"]),
    .target(name: "AuditModel"),
    .target(name: "RuleTable", dependencies: ["AuditModel", "EmbeddedRules", "Platform"], exclude: ["Rules"]),
    .target(name: "EmbeddedRules", path: "Sources/RuleTable/Rules", sources: ["embed.c"]),
    .target(name: "LogSources", dependencies: ["CCompression", "CSystemd", "Platform"]),
    .target(name: "Correlation", dependencies: ["AuditModel", "RuleTable"]),
    .target(name: "CSHA256"),
    .target(name: "AuditFiles", dependencies: ["AuditModel", "CSHA256", "Platform"]),
    .target(name: "AuditReading", dependencies: ["AuditFiles", "AuditModel", "Platform"]),
    .target(name: "AuditWriting", dependencies: ["AuditFiles", "AuditModel", "Platform"]),
    .target(name: "AuditOutput", dependencies: ["AuditFiles", "AuditModel", "Platform"]),
    .target(name: "Configuration", dependencies: ["AuditModel", "CYaml", "Platform"]),
    .target(
      name: "Bridge",
      dependencies: [
        "AuditModel", "RuleTable", "LogSources", "Correlation", "AuditFiles", "AuditReading", "AuditWriting",
        "Configuration", "CSystemd", "Platform",
      ]),
    .target(name: "Doctor", dependencies: ["Configuration", "LogSources", "Platform"]),
    .target(name: "Accounts", dependencies: ["AuditFiles", "AuditModel", "Configuration", "Platform"]),
    .target(
      name: "Commands",
      dependencies: [
        "Accounts", "AuditModel", "AuditFiles", "AuditOutput", "AuditReading", "AuditWriting", "Bridge",
        "Configuration", "Correlation", "Doctor", "LogSources", "Platform", "RuleTable",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),
    .executableTarget(name: "mailtrail", dependencies: ["Commands"]),
    .executableTarget(
      name: "mailtrail-benchmark",
      dependencies: [
        "AuditModel", "AuditFiles", "AuditReading", "AuditWriting", "Bridge", "Configuration", "Correlation",
        "CBenchmarkCounter", "LogSources", "RuleTable",
      ],
      path: "Tests/Benchmark/Parts"),
    .target(name: "CBenchmarkCounter", path: "Tests/Benchmark/Counter"),
    // What the tests have in common.
    .target(name: "TestSupport", path: "Tests/TestSupport"),
    .testTarget(name: "PlatformTests", dependencies: ["Platform"]),
    .testTarget(name: "AuditModelTests", dependencies: ["AuditModel"]),
    .testTarget(name: "RuleTableTests", dependencies: ["RuleTable"]),
    .testTarget(name: "LogSourcesTests", dependencies: ["LogSources", "TestSupport"]),
    .testTarget(name: "CorrelationTests", dependencies: ["Correlation"]),
    .testTarget(
      name: "AuditTreeTests",
      dependencies: ["AuditFiles", "AuditReading", "AuditWriting", "CSHA256", "Platform", "TestSupport"]),
    .testTarget(name: "ConfigurationTests", dependencies: ["Configuration", "TestSupport"]),
    .testTarget(
      name: "BridgeTests",
      dependencies: [
        "AuditModel", "AuditFiles", "AuditReading", "AuditWriting", "Bridge", "Configuration", "Correlation",
        "LogSources", "Platform", "RuleTable", "TestSupport",
      ]),
    .testTarget(
      name: "CommandsTests",
      dependencies: [
        "AuditModel", "AuditFiles", "AuditOutput", "AuditReading", "AuditWriting", "Bridge", "Commands",
        "Configuration", "Correlation", "Doctor", "LogSources", "Platform", "RuleTable", "TestSupport",
      ]),
    .testTarget(name: "AccountsTests", dependencies: ["Accounts", "AuditModel", "Configuration"]),
    .testTarget(name: "DoctorTests", dependencies: ["Configuration", "Doctor", "LogSources", "TestSupport"]),
  ],
  swiftLanguageModes: [.v6]
)

// The fuzzer needs its own flags and libFuzzer's runtime: Tests/Long/fuzz sets the variable.
if Context.environment["MAILTRAIL_FUZZ"] != nil {
  package.targets += [
    .systemLibrary(name: "CFuzzer", path: "Tests/Fuzz/CFuzzer"),
    .executableTarget(
      name: "fuzz",
      dependencies: [
        "AuditModel", "AuditFiles", "AuditReading", "AuditWriting", "Bridge", "CFuzzer", "Configuration", "Correlation",
        "LogSources", "Platform", "RuleTable",
      ], path: "Tests/Fuzz", exclude: ["CFuzzer", "Corpus"]),
  ]
}

// The same strict settings for every target; packaging/test sets the variable, so that a warning fails CI but a newer
// compiler's new warning does not stop an administrator's build.
for target in package.targets where target.type != .system {
  target.swiftSettings = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
  ]
  // The module of regular expressions would be a tenth of the program, and nothing in it uses one.
  if target.type != .test, target.path?.hasPrefix("Tests/") != true {
    target.swiftSettings?.append(
      .unsafeFlags(["-Xfrontend", "-disable-implicit-string-processing-module-import"]))
  }
  // Without the flag correlation takes 47 % more instructions an entry, the whole program 17 % (Tests/Benchmark/run
  // --instructions): each access to a stored property of a class that the compiler cannot see through is entered in a
  // table as it begins. Overlaps in one function are refused by the compiler with the flag too. What is left are
  // classes' properties that are changed while a call goes on that changes them again; these classes have such:
  // - Correlator: one thread's. `contexts`, `arena` and `program` are constants that refer to classes or never change;
  //   its other state is changed in one statement at a time, and a rule that another resumes runs after that one
  //   (`runReady`), with the frame exchanged before. No closure is called while `frame`, `waiting` or `ready` is held.
  // - ContextStore: `change` holds its table while a closure changes the fields; the closure reads the arena, and asks
  //   the store for nothing.
  // - Arena: bytes are read and appended by pointer and offset; its own numbers are changed in one statement each.
  // - readers, trees and pipelines: one thread's each, or behind a lock; see the proof at each `@unchecked Sendable`.
  // Every test runs a debug build, in which each access is checked, and the fuzzer (Tests/Long/fuzz) is built without
  // the flag; it drives matching, correlation and checkpoints with lines and states of its own making. An overlap would
  // end them.
  if Context.environment["MAILTRAIL_FUZZ"] == nil {
    target.swiftSettings?.append(
      .unsafeFlags(["-enforce-exclusivity=unchecked"], .when(configuration: .release)))
  }
  if Context.environment["MAILTRAIL_WARNINGS_AS_ERRORS"] != nil {
    target.swiftSettings?.append(.treatAllWarnings(as: .error))
  }
}
