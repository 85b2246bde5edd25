import Foundation

/// The folder of the control socket: whoever may write to it could put a socket of their own there, and would learn
/// what a call is to say.
enum ControlFolder {
    /// Makes the folder of a socket if it is not there, and checks that it is nobody else's.
    ///
    /// - Throws: ``Failure``.
    static func prepare(for path: String, user: uid_t = geteuid()) throws {
        let folder = Self.folder(of: path)
        do {
            try PrivateFiles.makeFolder(folder)
        } catch {
            throw Failure(.failure, "the folder of control.socket cannot be made: \(error)")
        }
        try Self.check(path, user: user)
    }

    /// Checks that nobody else can put a socket into the folder of this one.
    ///
    /// - Throws: ``Failure``.
    static func check(_ path: String, user: uid_t = geteuid()) throws {
        let folder = Self.folder(of: path)
        guard let status = PrivateFiles.status(of: folder) else { return }
        // A link in a folder that others write to is theirs to turn.
        let real = status.isLink ? PrivateFiles.status(of: folder, followingLinks: true) : status
        guard let real, real.isFolder, !(status.isLink && status.owner != user && status.owner != 0) else {
            throw Failure(.failure, "\(folder) is no folder of this user: set control.socket to a path in one that is")
        }
        guard !real.isWritableByOthers || (real.isSticky && real.owner == 0) else {
            throw Failure(
                .failure,
                "others may write to \(folder), and could listen there in the bot's place: chmod go-w it, or set control.socket"
            )
        }
        guard real.owner == user || real.owner == 0 || user == 0 else {
            throw Failure(.failure, "\(folder) belongs to another user: run this command as that user")
        }
    }

    /// Whether a bot of that user may get requests: our own and root's; and for root the one whose folder it is, made
    /// for it by the system in a place where nobody else can make any.
    static func isTrusted(_ peer: uid_t, at path: String, user: uid_t = geteuid()) -> Bool {
        if peer == user || peer == 0 { return true }
        guard user == 0, let folder = PrivateFiles.status(of: Self.folder(of: path)), folder.owner == peer else {
            return false
        }
        let parent = PrivateFiles.status(of: Self.folder(of: Self.folder(of: path)))
        return folder.isFolder && parent?.owner == 0 && parent?.isWritableByOthers == false
    }

    private static func folder(of path: String) -> String {
        let folder = (path as NSString).deletingLastPathComponent
        return folder.isEmpty ? "." : folder
    }
}

/// Who is at the other end of a Unix socket, as the kernel says (SO_PEERCRED): who connected, or who listens.
enum PeerCredentials {
    /// The user; nil when the kernel does not say.
    static func user(of descriptor: Int32) -> uid_t? {
        // struct ucred: pid, uid, gid.
        var credentials: (pid_t, uid_t, gid_t) = (0, .max, .max)
        var length = socklen_t(MemoryLayout.size(ofValue: credentials))
        let result = withUnsafeMutablePointer(to: &credentials) {
            getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, $0, &length)
        }
        guard result == 0, length == 12, credentials.1 != .max else { return nil }
        return credentials.1
    }
}
