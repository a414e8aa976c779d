// Structured clones as bytes: checkpoints and persistent user data keep Dates, Maps, BigInts and typed arrays over a restart.
import { deserialize, serialize } from 'node:v8'

/** `null` for nothing (`undefined` or `null`). Throws a DataCloneError for functions and the like. */
export function toBytes(value: unknown): Buffer | null {
  return value === null || value === undefined ? null : serialize(value)
}

export function fromBytes(bytes: Uint8Array | null): unknown {
  return bytes === null ? null : deserialize(bytes)
}
