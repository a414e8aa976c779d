// The statuses of a unit (what one thread runs) and the table of their moves; a unit's row goes with its end.
import type { StatusEdge } from './status-edges.ts'

export const UNIT_KINDS = ['execution', 'flow', 'partition'] as const
export type UnitKind = (typeof UNIT_KINDS)[number]

export const UNIT_STATUSES = ['WAITING', 'READY', 'CLAIMED', 'STARTED', 'STOPPING'] as const
export type UnitStatus = (typeof UNIT_STATUSES)[number]

/** What a WAITING unit waits for. */
export const WAIT_REASONS = ['cap', 'delay', 'pause'] as const

/**
 * admit: cap, delay or pause is over. claim, release, start: a server takes it, gives it back unbegun, begins it. pause: it
 * has not begun and is to wait; one that has begun yields first.
 */
export type UnitEvent = 'admit' | 'claim' | 'release' | 'start' | 'stop' | 'yield' | 'pause'

export const UNIT_STATUS_EDGES: readonly StatusEdge<UnitStatus, UnitEvent>[] = [
  { from: 'WAITING', to: 'READY', by: 'admit' },
  { from: 'READY', to: 'CLAIMED', by: 'claim' },
  { from: 'CLAIMED', to: 'READY', by: 'release' },
  { from: 'READY', to: 'WAITING', by: 'pause' },
  { from: 'CLAIMED', to: 'WAITING', by: 'pause' },
  { from: 'CLAIMED', to: 'STARTED', by: 'start' },
  { from: 'STARTED', to: 'STOPPING', by: 'stop' },
  { from: 'STARTED', to: 'READY', by: 'yield' },
  { from: 'STARTED', to: 'WAITING', by: 'yield' }
]
