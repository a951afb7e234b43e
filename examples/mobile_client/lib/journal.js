'use strict'
// What the server has acknowledged of this phone's work, for as long as backups may be restored.
//
// A restored server knows nothing of what phones sent since the backup. Pulled from at once, it
// would take that off the phones as well; so the app marks its own work as changed again, and
// pushes it before it pulls.

const { Q } = require('@nozbe/watermelondb')
const { sanitizedRaw } = require('@nozbe/watermelondb/RawRecord')
const { randomUUID } = require('node:crypto')

const KEPT_MS = 30 * 24 * 3600 * 1000
const MARGIN_MS = 10 * 60 * 1000 // a repeat does no harm, a gap would

async function noteSent(phone, part, rejectedIds) {
  const taken = part.filter(({ table, row }) => !rejectedIds[table]?.includes(row.id))
  const sent = phone.database.get('sent_changes')
  const old = await sent.query(Q.where('sent_at', Q.lt(phone.serverNow() - KEPT_MS))).fetch()
  await phone.database.write(() =>
    phone.database.batch([
      ...taken.map((entry) => sent.prepareCreateFromDirtyRaw(journalled(entry, phone.serverNow()))),
      ...old.map((entry) => entry.prepareDestroyPermanently()),
    ]),
  )
}

function journalled({ table, op, row }, at) {
  return {
    id: randomUUID(),
    table_name: table,
    record_id: row.id,
    op,
    columns: row._changed ?? '',
    sent_at: at,
    _status: 'synced', // so that it is never pushed
  }
}

// Make the records look as if they had never been sent.
async function markSentSince(phone, { restored_to: restoredTo, epoch }) {
  const since = restoredTo ? Date.parse(restoredTo) - MARGIN_MS : 0
  const sent = phone.database.get('sent_changes').query(Q.where('sent_at', Q.gte(since)))
  const work = summed(await sent.fetch())
  await phone.database.write(async () => {
    const marked = []
    for (const entry of work.values()) marked.push(await marking(phone, entry))
    await phone.database.batch(marked.filter(Boolean))
  })
  await phone.remember('restore_seen', epoch)
  phone.server.restoreSeen = epoch
  await phone.save()
}

function summed(entries) {
  const work = new Map()
  for (const { table_name: table, record_id: id, op, columns } of entries) {
    const key = `${table}/${id}`
    const told = work.get(key) ?? { table, id, ops: new Set(), columns: new Set() }
    told.ops.add(op)
    for (const column of columns.split(',')) if (column) told.columns.add(column)
    work.set(key, told)
  }
  return work
}

async function marking(phone, { table, id, ops, columns }) {
  const collection = phone.database.get(table)
  const record = await collection.find(id).catch(() => null)
  if (!record) return ops.has('deleted') ? deletion(collection, id) : null
  const row = { ...record._raw }
  if (ops.has('created')) row._status = 'created'
  else if (row._status === 'synced') row._status = 'updated'
  const edited = new Set([...row._changed.split(','), ...columns])
  edited.delete('')
  row._changed = [...edited].join(',')
  return record.prepareUpdate(() => {
    record._raw = sanitizedRaw(row, collection.schema)
  })
}

// The record is no longer here; that it was deleted must be said once more.
function deletion(collection, id) {
  return collection.prepareCreateFromDirtyRaw({ id, _status: 'deleted' })
}

module.exports = { noteSent, markSentSince }
