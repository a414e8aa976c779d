// A link as all answers of the batch API have it.
import { Type, type Static } from 'typebox'
import { closedObject } from '../../open-api/closed-object.ts'

export const Link = closedObject({ rel: Type.String(), href: Type.String() }, { title: 'Link' })
export type Link = Static<typeof Link>

export const Links = Type.Array(Link)
