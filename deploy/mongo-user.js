// Runs once, when the database is empty: the server's own user, with rights in its own database only.
db.getSiblingDB('ringback').createUser({
  user: 'ringback',
  pwd: process.env.RINGBACK_MONGO_PASSWORD,
  roles: [{ role: 'readWrite', db: 'ringback' }],
});
