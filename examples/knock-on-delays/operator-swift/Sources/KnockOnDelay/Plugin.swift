import MillraceSDK

#if VERSION_2
  let operatorVersion = "2.0.0"
  let operatorVersionText: StaticString = "2.0.0"
#else
  let operatorVersion = "1.0.0"
  let operatorVersionText: StaticString = "1.0.0"
#endif

private let plugin = Plugin(
  name: "knock-on-delay", version: operatorVersion,
  operators: [OperatorType(KnockOnDelay.self) { createInstance(KnockOnDelay.self, $0, $1, $2, $3) }])

/// The one exported symbol.
@_cdecl("mill_plugin_v1")
public func entry() -> PluginEntry { plugin.entry }
