import Foundation

/// Paths as people write them.
enum FilePath {
    /// The whole path: `~` is the user's home, whatever did not expand it, and the rest is relative to `folder`.
    static func resolve(
        _ path: String,
        in folder: String = FileManager.default.currentDirectoryPath
    ) -> String {
        var path = (path as NSString).expandingTildeInPath
        guard !path.hasPrefix("/") else { return path }
        while path.hasPrefix("./") { path.removeFirst(2) }
        return (folder as NSString).appendingPathComponent(path)
    }
}
