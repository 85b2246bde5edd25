import Foundation

/// Where a configuration is looked for: the file that is named, else the usual places.
struct ConfigurationSearch: Sendable, Equatable {
    /// The file to read; nil when none is there, and defaults and the environment must do.
    let path: String?
    /// The places that were tried and what is there, for a message; whole paths.
    let tried: [String]

    /// Looks for a file; `probe` gives 0 for what is there, else the `errno`.
    init(
        named: String?,
        environment: [String: String] = ProcessInfo.processInfo.environment,
        currentFolder: String = FileManager.default.currentDirectoryPath,
        probe: (String) -> Int32 = { access($0, F_OK) == 0 ? 0 : errno }
    ) {
        if let named {
            self.path = FilePath.resolve(named, in: currentFolder)
            self.tried = []
            return
        }
        if let variable = environment["SVETLANA_CONFIG"], !variable.isEmpty {
            self.path = FilePath.resolve(variable, in: currentFolder)
            self.tried = []
            return
        }
        var tried = ["$SVETLANA_CONFIG (not set)"]
        for place in [FilePath.resolve("svetlana.yaml", in: currentFolder), "/etc/svetlana/svetlana.yaml"] {
            let code = probe(place)
            guard code != 0 else {
                self.path = place
                self.tried = tried
                return
            }
            let why = code == ENOENT ? "not there" : String(cString: strerror(code)).lowercased()
            tried.append("\(place) (\(why))")
        }
        self.path = nil
        self.tried = tried
    }
}
