// Who asks: the one place where a request becomes a Caller, so that a login has one file to come into.
import type { FastifyRequest } from 'fastify'
import { adminCaller, type Caller } from '../operator/caller.ts'

/** Liberty's submitter where no users are configured; a Basic or Bearer header is ignored then. */
const NOBODY_IN_PARTICULAR: Caller = adminCaller('NOTSET')

export type CallerOf = (request: FastifyRequest) => Caller

export const anonymousCaller: CallerOf = () => NOBODY_IN_PARTICULAR
