// The reference of reads: Fastify and pg with nothing between them, one statement a request and the row as it comes.
import fastify from 'fastify'
import pg from 'pg'

const pool = new pg.Pool({ connectionString: process.env['BENCH_DATABASE_URL'], max: 10 })
const app = fastify()

const COLUMNS = /* sql */ `select instance_id as "instanceId", job_name as "jobName", app_name as "appName", submitter,
  batch_status as "batchStatus", job_xml_name as "jobXMLName", instance_state as "instanceState", exit_status as "exitStatus",
  create_time as "createTime", last_updated_time as "lastUpdatedTime" from batchyard.job_instance`

app.get<{ Params: { id: string } }>('/instances/:id', async request => {
  const { rows } = await pool.query({
    name: 'one',
    text: `${COLUMNS} where instance_id = $1`,
    values: [request.params.id]
  })
  return rows[0]
})
app.get('/instances', async () => {
  const { rows } = await pool.query({
    name: 'page',
    text: `${COLUMNS} order by create_time desc, instance_id desc limit 50`
  })
  return rows
})

console.log(await app.listen({ host: '127.0.0.1', port: 0 }))
