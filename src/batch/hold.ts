// What protects a job instance from every purge, until somebody lets it go.

export interface Hold {
  readonly instanceId: number
  readonly reason: string
  /** Who placed it. */
  readonly heldBy: string
  readonly since: Date
}
