import ArgumentParser
@main struct Root: AsyncParsableCommand { func run() async throws {} }
