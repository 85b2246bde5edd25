import Logging

/// The log of the call that a task works for: what it starts finds it too.
enum CallLog {
    @TaskLocal static var logger: Logger?
}
