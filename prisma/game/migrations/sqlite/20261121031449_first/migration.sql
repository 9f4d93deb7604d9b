-- CreateTable
CREATE TABLE "game" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "slug" TEXT NOT NULL,
    "title" TEXT NOT NULL,
    "sortTitle" TEXT NOT NULL,
    "summary" TEXT NOT NULL,
    "description" TEXT NOT NULL,
    "homepage" TEXT,
    "version" TEXT NOT NULL,
    "genres" TEXT NOT NULL,
    "features" TEXT NOT NULL,
    "upstreamSizeBytes" BIGINT NOT NULL,
    "upstreamInstalledBytes" BIGINT NOT NULL,
    "upstreamSha256" TEXT NOT NULL,
    "fingerprint" TEXT NOT NULL,
    "publishedAt" DATETIME NOT NULL,
    "updatedAt" DATETIME NOT NULL
);

-- CreateTable
CREATE TABLE "game_genre" (
    "gameId" TEXT NOT NULL,
    "genre" TEXT NOT NULL,

    PRIMARY KEY ("gameId", "genre"),
    CONSTRAINT "game_genre_gameId_fkey" FOREIGN KEY ("gameId") REFERENCES "game" ("id") ON DELETE CASCADE ON UPDATE CASCADE
);

-- CreateTable
CREATE TABLE "game_feature" (
    "gameId" TEXT NOT NULL,
    "feature" TEXT NOT NULL,

    PRIMARY KEY ("gameId", "feature"),
    CONSTRAINT "game_feature_gameId_fkey" FOREIGN KEY ("gameId") REFERENCES "game" ("id") ON DELETE CASCADE ON UPDATE CASCADE
);

-- CreateTable
CREATE TABLE "game_slug" (
    "slug" TEXT NOT NULL PRIMARY KEY,
    "gameId" TEXT NOT NULL,
    "reservedAt" DATETIME NOT NULL,
    "confirmedAt" DATETIME
);

-- CreateTable
CREATE TABLE "genre" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "slug" TEXT NOT NULL,
    "name" TEXT NOT NULL
);

-- CreateTable
CREATE TABLE "build" (
    "gameId" TEXT NOT NULL,
    "fingerprint" TEXT NOT NULL,
    "sizeBytes" INTEGER NOT NULL,
    "sha256" TEXT NOT NULL,
    "createdAt" DATETIME NOT NULL,

    PRIMARY KEY ("gameId", "fingerprint")
);

-- CreateTable
CREATE TABLE "entitlement" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "userId" TEXT NOT NULL,
    "gameId" TEXT NOT NULL,
    "orderId" TEXT NOT NULL,
    "grantedAt" DATETIME NOT NULL
);

-- CreateTable
CREATE TABLE "play_session" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "userId" TEXT NOT NULL,
    "gameId" TEXT NOT NULL,
    "startedAt" DATETIME NOT NULL,
    "endedAt" DATETIME
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
CREATE INDEX "game_sortTitle_id_idx" ON "game"("sortTitle", "id");

-- CreateIndex
CREATE INDEX "game_publishedAt_id_idx" ON "game"("publishedAt", "id");

-- CreateIndex
CREATE INDEX "game_upstreamSizeBytes_id_idx" ON "game"("upstreamSizeBytes", "id");

-- CreateIndex
CREATE INDEX "game_updatedAt_id_idx" ON "game"("updatedAt", "id");

-- CreateIndex
CREATE INDEX "game_genre_genre_gameId_idx" ON "game_genre"("genre", "gameId");

-- CreateIndex
CREATE INDEX "game_feature_feature_gameId_idx" ON "game_feature"("feature", "gameId");

-- CreateIndex
CREATE UNIQUE INDEX "genre_slug_key" ON "genre"("slug");

-- CreateIndex
CREATE INDEX "entitlement_userId_grantedAt_id_idx" ON "entitlement"("userId", "grantedAt", "id");

-- CreateIndex
CREATE UNIQUE INDEX "entitlement_userId_gameId_key" ON "entitlement"("userId", "gameId");

-- CreateIndex
CREATE INDEX "play_session_userId_startedAt_id_idx" ON "play_session"("userId", "startedAt", "id");

-- CreateIndex
CREATE INDEX "outbox_event_publishedAt_id_idx" ON "outbox_event"("publishedAt", "id");

-- CreateIndex
CREATE UNIQUE INDEX "outbox_event_stream_seq_key" ON "outbox_event"("stream", "seq");

-- CreateIndex
CREATE INDEX "idempotency_record_createdAt_idx" ON "idempotency_record"("createdAt");
