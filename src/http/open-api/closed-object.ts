// An object schema that knows all of its members: without it each schema would have to remember to say so.
import { type TObject, type TObjectOptions, type TProperties, Type } from 'typebox'

/** Refuses what it does not name; with a `title` it is one component of the API's description, wherever it is used. */
export function closedObject<Properties extends TProperties>(
  properties: Properties,
  options: TObjectOptions = {}
): TObject<Properties> {
  return Type.Object(properties, { ...options, additionalProperties: false })
}
