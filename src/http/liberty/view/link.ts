// A link as all answers of the batch API have it.
import { Type, type Static } from 'typebox'

export const Link = Type.Object({ rel: Type.String(), href: Type.String() })
export type Link = Static<typeof Link>

export const Links = Type.Array(Link)
