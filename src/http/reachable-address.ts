// The address by which other servers reach this one: what it listens on may say nothing to them.
import { hostname } from 'node:os'

/** The name of this machine stands in for a wildcard address (BATCH_PUBLIC_URL overrides it). */
export function reachable(address: string, host: string): string {
  if (!/^(0\.0\.0\.0|::)$/.test(host)) return address
  const url = new URL(address)
  return `${url.protocol}//${hostname()}:${url.port}`
}
