// swift-tools-version: 6.2
import PackageDescription

// CI sets SVETLANA_WARNINGS_ARE_ERRORS; a user's build never fails for a warning of a newer compiler.
let warningsAreErrors = Context.environment["SVETLANA_WARNINGS_ARE_ERRORS"] != nil

let common: [SwiftSetting] =
    [
        .swiftLanguageMode(.v6),
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    ] + (warningsAreErrors ? [.treatAllWarnings(as: .error)] : [])

let core: [SwiftSetting] = common + [.strictMemorySafety()]

let nio: [Target.Dependency] = [
    .product(name: "NIOCore", package: "swift-nio"),
    .product(name: "NIOPosix", package: "swift-nio"),
]

let package = Package(
    name: "svetlana",
    products: [
        .library(name: "CoreTypes", targets: ["CoreTypes"]),
        .library(name: "AudioCore", targets: ["AudioCore"]),
        .library(name: "SIPCore", targets: ["SIPCore"]),
        .library(name: "SDPCore", targets: ["SDPCore"]),
        .library(name: "RTPCore", targets: ["RTPCore"]),
        .library(name: "CallCore", targets: ["CallCore"]),
        .library(name: "Telephony", targets: ["Telephony"]),
        .library(name: "EmbeddedPBX", targets: ["EmbeddedPBX"]),
        .library(name: "SIPDiagnostics", targets: ["SIPDiagnostics"]),
        .library(name: "VoicePipeline", targets: ["VoicePipeline"]),
        .library(name: "VoiceProviders", targets: ["VoiceProviders"]),
        .library(name: "LocalSpeech", targets: ["LocalSpeech"]),
        .library(name: "HouseRules", targets: ["HouseRules"]),
        .library(name: "ConversationTestKit", targets: ["ConversationTestKit"]),
        .library(name: "TelephonyTestKit", targets: ["TelephonyTestKit"]),
        .executable(name: "svetlana", targets: ["svetlana"]),
        .executable(name: "sipctl", targets: ["sipctl"]),
    ],
    traits: [
        .default(enabledTraits: ["LocalSpeech"]),
        .trait(
            name: "LocalSpeech",
            description: "Text to speech (flite) and speech to text (pocketsphinx) that need no server"
        ),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    ],
    targets: [
        // System libraries and the few lines of C that Swift cannot import.
        .systemLibrary(name: "CLinux", path: "Sources/CLibraries/CLinux"),
        .systemLibrary(name: "COpus", path: "Sources/CLibraries/COpus", pkgConfig: "opus"),
        .systemLibrary(name: "COpenSSL", path: "Sources/CLibraries/COpenSSL", pkgConfig: "openssl"),
        .systemLibrary(name: "CSampleRate", path: "Sources/CLibraries/CSampleRate", pkgConfig: "samplerate"),
        .systemLibrary(name: "CFlite", path: "Sources/CLibraries/CFlite"),
        .systemLibrary(name: "CPocketSphinx", path: "Sources/CLibraries/CPocketSphinx", pkgConfig: "pocketsphinx"),

        // Sans-IO cores: no sockets, no clock, no Foundation, no NIO.
        .target(name: "CoreTypes", swiftSettings: core),
        .target(name: "AudioCore", dependencies: ["CoreTypes", "CSampleRate"], swiftSettings: core),
        .target(name: "SIPCore", dependencies: ["CoreTypes", "COpenSSL"], swiftSettings: core),
        .target(name: "SDPCore", dependencies: ["CoreTypes"], swiftSettings: core),
        .target(name: "RTPCore", dependencies: ["CoreTypes", "AudioCore", "COpus"], swiftSettings: core),
        .target(
            name: "CallCore",
            dependencies: ["CoreTypes", "SIPCore", "SDPCore", "RTPCore"],
            swiftSettings: core
        ),
        .target(name: "VoicePipeline", dependencies: ["CoreTypes", "AudioCore"], swiftSettings: core),
        .target(
            name: "TelephonyTestKit",
            dependencies: ["CoreTypes", "AudioCore", "SIPCore", "SDPCore", "RTPCore", "CallCore"],
            swiftSettings: common
        ),
        .target(
            name: "ConversationTestKit",
            dependencies: ["CoreTypes", "AudioCore", "VoicePipeline"],
            swiftSettings: common
        ),

        // The shell and the stages.
        .target(
            name: "Telephony",
            dependencies: [
                "CoreTypes", "AudioCore", "SIPCore", "SDPCore", "RTPCore", "CallCore", "CLinux",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ] + nio,
            swiftSettings: common
        ),
        // The small PBX of the demo, the tests and the examples.
        .target(
            name: "EmbeddedPBX",
            dependencies: ["CoreTypes", "AudioCore", "SIPCore", "RTPCore", "CallCore", "Telephony"],
            swiftSettings: common
        ),
        // How both programs are spoken to: version, help, usage errors.
        .target(
            name: "ProgramFrame",
            dependencies: [.product(name: "ArgumentParser", package: "swift-argument-parser")],
            swiftSettings: common
        ),
        // What a PBX's answers mean, for `sipctl` and the bot alike.
        .target(
            name: "SIPDiagnostics",
            dependencies: ["CoreTypes", "SIPCore", "CallCore", "CLinux"],
            swiftSettings: common
        ),
        .target(
            name: "VoiceProviders",
            dependencies: [
                "CoreTypes", "AudioCore", "VoicePipeline",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOFoundationCompat", package: "swift-nio"),
            ] + nio,
            swiftSettings: common
        ),
        // The built-in language model: it answers by rules.
        .target(name: "HouseRules", dependencies: ["CoreTypes", "VoicePipeline"], swiftSettings: common),
        .target(
            name: "LocalSpeech",
            dependencies: [
                "CoreTypes", "AudioCore", "VoicePipeline",
                .target(name: "CFlite", condition: .when(traits: ["LocalSpeech"])),
                .target(name: "CPocketSphinx", condition: .when(traits: ["LocalSpeech"])),
            ],
            swiftSettings: common
        ),

        // Programs.
        .executableTarget(
            name: "svetlana",
            dependencies: [
                "CoreTypes", "AudioCore", "SIPCore", "SDPCore", "RTPCore", "CallCore", "Telephony", "VoicePipeline",
                "VoiceProviders", "LocalSpeech", "HouseRules", "EmbeddedPBX", "SIPDiagnostics", "ProgramFrame",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
                .product(name: "Yams", package: "Yams"),
            ] + nio,
            swiftSettings: common
        ),
        .executableTarget(
            name: "sipctl",
            dependencies: [
                "CoreTypes", "AudioCore", "SIPCore", "SDPCore", "RTPCore", "CallCore", "Telephony", "SIPDiagnostics",
                "ProgramFrame",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: common
        ),

        // Examples, compiled with everything so that they stay true.
        .executableTarget(
            name: "EchoPhone",
            dependencies: ["Telephony", "CallCore", "SIPCore", "CoreTypes"],
            path: "Examples/EchoPhone",
            swiftSettings: common
        ),
        .executableTarget(
            name: "VoiceBot",
            dependencies: ["Telephony", "CallCore", "SIPCore", "VoicePipeline", "LocalSpeech"],
            path: "Examples/VoiceBot",
            swiftSettings: common
        ),

        // The tables of Docs/JSON.md for the tests of both programs.
        .target(name: "ProgramTestKit", path: "Tests/ProgramTestKit", swiftSettings: common),

        // Tests: one target per source target.
        .testTarget(name: "CoreTypesTests", dependencies: ["CoreTypes"], swiftSettings: common),
        .testTarget(name: "AudioCoreTests", dependencies: ["AudioCore", "CoreTypes"], swiftSettings: common),
        .testTarget(
            name: "SIPCoreTests",
            dependencies: ["SIPCore", "SDPCore", "CoreTypes", "TelephonyTestKit"],
            swiftSettings: common
        ),
        .testTarget(name: "SDPCoreTests", dependencies: ["SDPCore", "CoreTypes"], swiftSettings: common),
        .testTarget(name: "RTPCoreTests", dependencies: ["RTPCore", "AudioCore", "CoreTypes"], swiftSettings: common),
        .testTarget(
            name: "CallCoreTests",
            dependencies: ["CallCore", "SIPCore", "SDPCore", "RTPCore", "AudioCore", "CoreTypes", "TelephonyTestKit"],
            swiftSettings: common
        ),
        .testTarget(
            name: "VoicePipelineTests",
            dependencies: ["VoicePipeline", "AudioCore", "CoreTypes", "ConversationTestKit"],
            swiftSettings: common
        ),
        .testTarget(
            name: "TelephonyTests",
            dependencies: [
                "EmbeddedPBX", "Telephony", "CallCore", "SIPCore", "SDPCore", "RTPCore", "AudioCore", "CoreTypes",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: common
        ),
        .testTarget(
            name: "VoiceProvidersTests",
            dependencies: [
                "VoiceProviders", "VoicePipeline", "AudioCore", "CoreTypes",
                .product(name: "NIOHTTP1", package: "swift-nio"),
            ] + nio,
            swiftSettings: common
        ),
        .testTarget(
            name: "LocalSpeechTests",
            dependencies: ["LocalSpeech", "VoicePipeline", "AudioCore", "RTPCore", "CoreTypes"],
            swiftSettings: common
        ),
        .testTarget(name: "HouseRulesTests", dependencies: ["HouseRules", "VoicePipeline"], swiftSettings: common),
        .testTarget(
            name: "SvetlanaTests",
            dependencies: [
                "svetlana", "CallCore", "SIPCore", "SIPDiagnostics", "ProgramFrame", "ProgramTestKit", "RTPCore",
                "Telephony", "VoicePipeline", "VoiceProviders", "AudioCore", "CoreTypes", "EmbeddedPBX",
                "ConversationTestKit",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: common
        ),
        .testTarget(
            name: "SipctlTests",
            dependencies: [
                "sipctl", "SIPDiagnostics", "ProgramFrame", "ProgramTestKit", "CallCore", "SIPCore", "RTPCore",
                "AudioCore", "CoreTypes",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: common
        ),
    ]
)
