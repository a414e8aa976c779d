// The five forms of the batch API's path; what differs between them is an `if` on this, with its reason.

export const LIBERTY_VERSIONS = ['', 'v1', 'v2', 'v3', 'v4'] as const

/** `''` is the unversioned path, which behaves as v1. */
export type LibertyVersion = (typeof LIBERTY_VERSIONS)[number]

const ROOT = '/ibm/api/batch'

export function prefixOf(version: LibertyVersion): string {
  return version === '' ? ROOT : `${ROOT}/${version}`
}
