'use strict'
// The phone's database: what syncs, as schema.json tells it, and two things of the phone's own.

const { appSchema, tableSchema, Model } = require('@nozbe/watermelondb')
const { schemaMigrations } = require('@nozbe/watermelondb/Schema/migrations')
const told = require('../schema.json')

const TYPES = { number: 'number', moment: 'number', flag: 'boolean' } // all others are texts

// When this phone last edited a record. Pushed with it, so that the server tells a new edit that
// says the same again from a repeated request; the server never sends it.
const UPDATED_AT = { name: 'updated_at', type: 'number' }

// What the server has acknowledged, for the day on which it is restored from a backup. It never
// syncs: its rows are made as synced ones.
const SENT_CHANGES = {
  name: 'sent_changes',
  columns: [
    { name: 'table_name', type: 'string' },
    { name: 'record_id', type: 'string' },
    { name: 'op', type: 'string' },
    { name: 'columns', type: 'string' },
    { name: 'sent_at', type: 'number', isIndexed: true },
  ],
}

function columnOf({ name, kind, is_optional: isOptional }) {
  return { name, type: TYPES[kind] ?? 'string', isOptional }
}

function tableOf({ name, columns }) {
  return { name, columns: [...columns.map(columnOf), UPDATED_AT] }
}

// A model whose properties are the columns; documents are read and written as what they hold.
function modelOf({ name, columns }) {
  const model = class extends Model {}
  model.table = name
  for (const { name: column, kind } of columns) {
    const isDocument = kind === 'document'
    Object.defineProperty(model.prototype, column, {
      get() {
        const value = this._getRaw(column)
        return isDocument && value ? JSON.parse(value) : value
      },
      set(value) {
        this._setRaw(column, isDocument && value != null ? JSON.stringify(value) : value)
      },
    })
  }
  return model
}

// An older app knew less: `without` names tables, and columns as `table.column`, that it had not.
function knownTo({ without = [] }) {
  return told.tables
    .filter(({ name }) => !without.includes(name))
    .map((table) => ({
      ...table,
      columns: table.columns.filter((c) => !without.includes(`${table.name}.${c.name}`)),
    }))
}

// `history` lists the migrations that shipped, for apps that come from an older schema.
function describe({ version = told.version, without, history = [] } = {}) {
  const tables = knownTo({ without })
  return {
    tables,
    schema: appSchema({ version, tables: [...tables.map(tableOf), SENT_CHANGES].map(tableSchema) }),
    migrations: schemaMigrations({ migrations: history }),
    models: [...tables, SENT_CHANGES].map(modelOf),
  }
}

module.exports = { describe, tableOf, columnOf, told }
