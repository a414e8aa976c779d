// An installed application as /api/v1/applications shows it.
import { Type, type Static } from 'typebox'
import type { ApplicationDetail } from '../../../operator/list-applications.ts'
import { closedObject } from '../../open-api/closed-object.ts'
import { JslProblems } from '../../open-api/problem.ts'
import { TextOrNull } from '../../open-api/words.ts'

export const ApplicationView = closedObject(
  {
    name: Type.String(),
    version: Type.String({
      description: 'Of its code, this server’s where it has it: copies of the same code have the same.'
    }),
    jobs: Type.Array(
      closedObject({
        jobXMLName: Type.String({ description: 'What a submit names.' }),
        jobName: TextOrNull,
        steps: Type.Array(Type.String(), {
          description: 'Ids of all steps, also of those in flows and splits.'
        }),
        problems: JslProblems
      })
    ),
    artifacts: Type.Array(Type.String(), { description: 'Names that a `ref` may have.' }),
    problem: Type.Union([Type.String(), Type.Null()], { description: 'Why its code cannot be loaded.' }),
    servers: Type.Array(closedObject({ serverId: Type.String(), version: Type.String() }), {
      description: 'Who runs its jobs.'
    })
  },
  { title: 'Application' }
)
export type ApplicationView = Static<typeof ApplicationView>

export function applicationView({
  name,
  version,
  jobs,
  artifacts,
  problem,
  servers
}: ApplicationDetail): ApplicationView {
  return {
    name,
    version,
    jobs: jobs.map(({ jobXMLName, jobName, steps, problems }) => ({
      jobXMLName,
      jobName,
      steps: [...steps],
      problems: problems.map(({ line, column, message }) => ({ line, column, message }))
    })),
    artifacts: [...artifacts],
    problem,
    servers: [...servers]
  }
}
