import Engine
import Glibc

ProcessAllocator.setUp()
Signals.install()
HostLog.connect()
exit(Command.run(Array(CommandLine.arguments.dropFirst())).rawValue)
