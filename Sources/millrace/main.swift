import Engine
import Glibc

Signals.install()
HostLog.connect()
exit(Command.run(Array(CommandLine.arguments.dropFirst())).rawValue)
