import Columnar
import Foundation
import Kafka
import Pipeline
import PluginHost
import SchemaRegistry

/// What the commands do with a pipeline file. [control]
package struct Launcher {
  private let document: PipelineDocument
  private let catalog: PluginCatalog
  /// What clients of Kafka tell.
  private let connections = ConnectionLog()
  /// The process's memory.
  private let budget: MemoryBudget
  /// What the look into the plugin directories found.
  package let findings: [PluginFinding]

  /// Reads the file and loads the plugins of its directories. What is wrong with the file is told by `check`.
  package init(file: String) throws {
    document = PipelineDocument(path: file)
    Redaction.hide(document.secrets)
    budget = MemoryBudget(limit: document.state.memoryLimit)
    HostMemory.setBudget(budget)
    let registry = PluginRegistry(
      directories: document.plugins.directories, cacheDirectory: try PluginCache.directory())
    findings = registry.scan()
    catalog = PluginCatalog(registry: registry)
  }

  /// Errors and warnings of the file, as lines; the plan if there is no error.
  package func check() -> (plan: LogicalPlan?, text: String) {
    let (result, _) = checked()
    return (result.plan, result.text + refusals(if: result.plan == nil))
  }

  /// Refused plugins explain why a name in the file is unknown.
  private func refusals(if failed: Bool) -> String {
    guard failed else { return "" }
    return findings.compactMap { finding in
      if case .refused(let error) = finding { "note: plugin refused: \(error) [\(error.code)]\n" } else { nil }
    }.joined()
  }

  /// What a plan connects to, by name.
  private struct Connections {
    var kafka: [String: KafkaProperties] = [:]
    var registries: [String: RegistrySettings] = [:]
  }

  private func checked() -> (result: PlanResult, to: Connections) {
    var result = document.plan(catalog: catalog)
    guard let plan = result.plan else { return (result, Connections()) }
    var kafka: [String: KafkaProperties] = [:]
    for (name, connection) in plan.connections.sorted(by: { $0.key < $1.key }) {
      do {
        kafka[name] = try ConnectionCheck(
          file: plan.file, connection: connection, memory: plan.kafkaMemory(budget), errors: connections
        ).properties()
      } catch {
        result.diagnostics.append(error)
      }
    }
    var registries: [String: RegistrySettings] = [:]
    do { registries = try self.registries(plan) } catch { result.diagnostics.append(error) }
    if let tooShort = TransactionTime(plan: plan, kafka: kafka).diagnostic { result.diagnostics.append(tooShort) }
    if result.diagnostics.contains(where: { $0.severity == .error }) { result.plan = nil }
    return (result, Connections(kafka: kafka, registries: registries))
  }

  /// How the schema registries are reached, by name. Throws a diagnostic at the property that is wrong.
  private func registries(_ plan: LogicalPlan) throws(Diagnostic) -> [String: RegistrySettings] {
    var all: [String: RegistrySettings] = [:]
    for (name, connection) in plan.registries.sorted(by: { $0.key < $1.key }) {
      let known = connection.properties.map { ($0.name, $0.value.revealed) }
      do throws(RegistrySettings.Wrong) {
        all[name] = try RegistrySettings(Dictionary(known) { first, _ in first })
      } catch {
        throw Diagnostic(
          severity: .error, file: plan.file,
          position: connection.properties.first { $0.name == error.property }?.position ?? Position(line: 1, column: 1),
          message: "connection \"\(name)\": \"\(error.property)\": \(error.message)")
      }
    }
    return all
  }

  /// The plan, warnings about the file, and what the plan connects to. Throws `JobError` with what is wrong with the file.
  private func planned() throws -> (plan: LogicalPlan, warnings: [Diagnostic], to: Connections) {
    let (result, to) = checked()
    guard let plan = result.plan else {
      throw JobError(.usage, "pipeline", result.text + refusals(if: true))
    }
    return (plan, result.diagnostics, to)
  }

  /// The plan, and how its Kafka clusters are reached, by connection. Throws `JobError` with what is wrong with the file.
  func clusters() throws -> (plan: LogicalPlan, kafka: [String: KafkaProperties]) {
    let (plan, _, to) = try planned()
    return (plan, to.kafka)
  }

  /// Tries at the clusters what the job needs there: a line to `output` for each thing. Changes nothing of the job's, which
  /// may be running. Throws `JobError`; one of `usage` if the file is wrong, with its diagnostics.
  package func connect(output: @escaping (String) -> Void) throws -> ExitCode {
    let (plan, _, to) = try planned()
    do {
      return try ConnectCheck(plan: plan, kafka: to.kafka, registries: to.registries, output: output).run()
    } catch {
      throw JobError(wrapping: error)
    }
  }

  /// Runs the job to its end. Throws `JobError`; one of `usage` if the file is wrong, with its diagnostics.
  package func run(_ options: RunOptions) throws {
    for finding in findings {
      if case .refused = finding { PluginLog.write(finding) }
    }
    let (plan, warnings, to) = try planned()
    for warning in warnings { Log.write(.warning, "pipeline", "\(warning)") }
    let resolved = ResolvedPlan(plan, catalog: catalog)
    let metrics = try metricsFile(plan)
    defer { metrics?.close() }
    do {
      try Job(
        document: document, resolved: resolved, catalog: catalog, kafka: to.kafka, registries: to.registries,
        connections: connections, options: options
      ).run()
    } catch { throw JobError(wrapping: error) }
  }
}

extension Launcher {
  /// Starts writing the metrics file, if the plan names one.
  private func metricsFile(_ plan: LogicalPlan) throws -> MetricsFile? {
    ProcessMetrics.register(in: .shared, budget: budget)
    let memory = plan.kafkaMemory(budget)
    let limits = [
      (
        "millrace_topic_prefetch_bytes_limit", "Fetched ahead for each reader; properties go before.",
        memory.queue_bytes
      ),
      (
        "millrace_producer_bytes_limit", "Rows in each of the two producers; properties go before.",
        memory.producer_bytes
      ),
    ]
    for (name, help, bytes) in limits { MetricsRegistry.shared.gauge(name, help: help).set(bytes) }
    guard let file = plan.metrics.file else { return nil }
    return try MetricsFile(path: file, interval_us: plan.metrics.interval.microseconds)
  }
}

/// Checks a connection's properties as librdkafka knows them.
struct ConnectionCheck {
  let file: String
  let connection: Connection
  let memory: KafkaMemory
  /// Where errors are noted.
  let errors: ConnectionLog

  private var redactor: Redactor { Redactor(connection.properties.flatMap(\.value.secrets)) }

  /// The properties, ready for use. Throws a diagnostic at the property that is wrong.
  func properties() throws(Diagnostic) -> KafkaProperties {
    var known: [String: String] = [:]
    for property in connection.properties { known[property.name] = property.value.revealed }
    let (errors, name) = (errors, connection.name)
    do {
      return try KafkaProperties(
        known, memory: memory,
        onLog: { line in
          // What comes as ERROR has come as something more exact before.
          let isNews = line.level <= 3 && !line.text.hasPrefix("ERROR ")
          Log.write(isNews ? .warning : .debug, "kafka", line.text)
          if isNews { errors.failed(name, line.text) }
        })
    } catch {
      let place = connection.properties.first { "\(error)".contains("\"\($0.name)\"") }?.position
      throw Diagnostic(
        severity: .error, file: file, position: place ?? Position(line: 1, column: 1),
        // librdkafka quotes wrong values.
        message: "connection \"\(connection.name)\": \(redactor.redact("\(error)"))")
    }
  }
}

/// Where copies of plugins are loaded from.
package enum PluginCache {
  /// `MILLRACE_PLUGIN_CACHE`, or `millrace/plugins` in the user's cache directory. Its file system must allow exec. Makes
  /// it. Throws `JobError`.
  package static func directory() throws -> String {
    let environment = ProcessInfo.processInfo.environment
    let path: String
    if let chosen = environment["MILLRACE_PLUGIN_CACHE"], !chosen.isEmpty {
      path = chosen
    } else if let base = environment["XDG_CACHE_HOME"], base.hasPrefix("/") {
      path = "\(base)/millrace/plugins"
    } else {
      path = "\(environment["HOME"] ?? "/var/cache")/.cache/millrace/plugins"
    }
    do { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) } catch {
      throw JobError(
        .failed, "plugin-cache",
        "can't make the directory \(path) for copies of plugins: \(error.localizedDescription); set MILLRACE_PLUGIN_CACHE "
          + "to one that can be written and executed from")
    }
    return path
  }
}
