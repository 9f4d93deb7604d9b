-- CreateTable
CREATE TABLE "game" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "slug" TEXT NOT NULL,
    "title" TEXT NOT NULL,
    "price" BIGINT NOT NULL,
    "stock" INTEGER NOT NULL,
    "rating" REAL NOT NULL,
    "isListed" BOOLEAN NOT NULL,
    "releaseAt" DATETIME NOT NULL,
    "summary" TEXT,
    "cover" BLOB
);

-- CreateTable
CREATE TABLE "review" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "gameId" TEXT NOT NULL,
    "stars" INTEGER NOT NULL,
    CONSTRAINT "review_gameId_fkey" FOREIGN KEY ("gameId") REFERENCES "game" ("id") ON DELETE RESTRICT ON UPDATE CASCADE
);

-- CreateTable
CREATE TABLE "outbox_event" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "stream" TEXT NOT NULL,
    "seq" INTEGER NOT NULL,
    "type" TEXT NOT NULL,
    "at" DATETIME NOT NULL,
    "data" TEXT NOT NULL,
    "publishedAt" DATETIME
);

-- CreateTable
CREATE TABLE "stream_head" (
    "stream" TEXT NOT NULL PRIMARY KEY,
    "seq" INTEGER NOT NULL
);

-- CreateTable
CREATE TABLE "inbox_entry" (
    "consumer" TEXT NOT NULL,
    "eventId" TEXT NOT NULL,
    "at" DATETIME NOT NULL,

    PRIMARY KEY ("consumer", "eventId")
);

-- CreateTable
CREATE TABLE "idempotency_record" (
    "owner" TEXT NOT NULL,
    "operation" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "fingerprint" TEXT NOT NULL,
    "response" TEXT NOT NULL,
    "createdAt" DATETIME NOT NULL,

    PRIMARY KEY ("owner", "operation", "key")
);

-- CreateIndex
CREATE UNIQUE INDEX "game_slug_key" ON "game"("slug");

-- CreateIndex
CREATE INDEX "game_price_id_idx" ON "game"("price", "id");

-- CreateIndex
CREATE INDEX "review_gameId_idx" ON "review"("gameId");

-- CreateIndex
CREATE INDEX "outbox_event_publishedAt_id_idx" ON "outbox_event"("publishedAt", "id");

-- CreateIndex
CREATE UNIQUE INDEX "outbox_event_stream_seq_key" ON "outbox_event"("stream", "seq");

-- CreateIndex
CREATE INDEX "idempotency_record_createdAt_idx" ON "idempotency_record"("createdAt");
