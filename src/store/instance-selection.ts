// Which job instances a use case over many of them means, in which order, and which page: what lists and purges share.
import type { InstanceState } from '../batch/instance-state.ts'
import type { Visibility } from './visibility.ts'

/** Inclusive bounds, or a list that may be empty and then matches nothing. */
export type InstanceIds =
  | { readonly kind: 'range'; readonly first: number; readonly last: number }
  | { readonly kind: 'list'; readonly instanceIds: readonly number[] }

/** `from` inclusive, `before` exclusive; `null` = open. */
export interface TimeRange {
  readonly from: Date | null
  readonly before: Date | null
}

/** Texts of which one must match as a whole; `*` stands for any characters, nothing else is special. */
export type Patterns = readonly string[]

/** A parameter of an execution: patterns for its name and its value. */
export interface ParameterFilter {
  readonly name: string
  readonly value: string
}

/** What is not `null` must match, all of it. */
export interface InstanceSelection {
  readonly instanceIds: InstanceIds | null
  readonly createTime: TimeRange | null
  readonly lastUpdatedTime: TimeRange | null
  readonly instanceStates: readonly InstanceState[] | null
  /** Of the instance: none has one before an execution of it ended. */
  readonly exitStatus: Patterns | null
  readonly submitter: Patterns | null
  readonly appName: Patterns | null
  readonly jobName: Patterns | null
  /** All on one execution of the instance, whichever. */
  readonly jobParameters: readonly ParameterFilter[]
  /** For all patterns. */
  readonly ignoreCase: boolean
}

export const ALL_INSTANCES: InstanceSelection = {
  instanceIds: null,
  createTime: null,
  lastUpdatedTime: null,
  instanceStates: null,
  exitStatus: null,
  submitter: null,
  appName: null,
  jobName: null,
  jobParameters: [],
  ignoreCase: false
}

/** What a list can be sorted by, under Liberty's names (`amcName` is the application's whole name). */
export const SORT_FIELDS = [
  'createTime',
  'lastUpdatedTime',
  'submitter',
  'amcName',
  'jobXMLName',
  'batchStatus',
  'exitStatus'
] as const

export type SortField = (typeof SORT_FIELDS)[number]

export interface SortKey {
  readonly field: SortField
  readonly descending: boolean
}

/** A page of a selection: `page` from 0. */
export interface InstanceSearch {
  readonly selection: InstanceSelection
  /** Most important first; ties go as the last key does, by time and id. Empty = newest first. */
  readonly sort: readonly SortKey[]
  readonly paging: { readonly page: number; readonly pageSize: number }
}

/** What of the repository a search may look at, whatever it selects. */
export interface InstanceScope {
  /** `null` = all instances. */
  readonly visibility: Visibility | null
  /** `null` = all parameters; else those whose names hold none of these words, and those of instances `shownTo` submitted. */
  readonly secrets: { readonly words: readonly string[]; readonly shownTo: string } | null
}

export const WHOLE_REPOSITORY: InstanceScope = { visibility: null, secrets: null }
