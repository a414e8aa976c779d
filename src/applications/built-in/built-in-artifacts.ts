// The artifacts every application has without exporting them, by name.

/** Each an export like those of an application's module: class, object or function. */
export const BUILT_IN_ARTIFACTS: Readonly<Record<string, unknown>> = {}
