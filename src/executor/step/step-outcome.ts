// What the work of a step came to, before its exit status is settled: the word between run-step.ts and the kinds of work.

export type StepOutcome =
  /** `returned`: what the batchlet's process answered; used only if no exit status was set. */
  | { readonly kind: 'completed'; readonly returned?: unknown }
  | { readonly kind: 'stopped'; readonly returned?: unknown }
  | { readonly kind: 'failed'; readonly error: Error }

export const STEP_BATCH_STATUS = {
  completed: 'COMPLETED',
  stopped: 'STOPPED',
  failed: 'FAILED'
} as const satisfies Record<StepOutcome['kind'], string>
