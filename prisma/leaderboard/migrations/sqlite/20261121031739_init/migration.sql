-- CreateTable
CREATE TABLE "leaderboard" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "gameId" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "createdAt" DATETIME NOT NULL
);

-- CreateTable
CREATE TABLE "score" (
    "leaderboardId" TEXT NOT NULL,
    "playerId" TEXT NOT NULL,
    "score" INTEGER NOT NULL,
    "achievedAt" DATETIME NOT NULL,
    "playSessionId" TEXT NOT NULL,
    "seq" INTEGER NOT NULL,

    PRIMARY KEY ("leaderboardId", "playerId")
);

-- CreateTable
CREATE TABLE "player_board" (
    "playerId" TEXT NOT NULL,
    "leaderboardId" TEXT NOT NULL,
    "enteredAt" DATETIME NOT NULL,

    PRIMARY KEY ("playerId", "leaderboardId")
);

-- CreateTable
CREATE TABLE "friend_link" (
    "userId" TEXT NOT NULL,
    "friendshipId" TEXT NOT NULL,
    "friendId" TEXT NOT NULL,

    PRIMARY KEY ("userId", "friendshipId")
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
CREATE UNIQUE INDEX "leaderboard_gameId_key_key" ON "leaderboard"("gameId", "key");

-- CreateIndex
CREATE UNIQUE INDEX "score_leaderboardId_seq_key" ON "score"("leaderboardId", "seq");

-- CreateIndex
CREATE INDEX "player_board_playerId_enteredAt_leaderboardId_idx" ON "player_board"("playerId", "enteredAt", "leaderboardId");

-- CreateIndex
CREATE INDEX "outbox_event_publishedAt_id_idx" ON "outbox_event"("publishedAt", "id");

-- CreateIndex
CREATE UNIQUE INDEX "outbox_event_stream_seq_key" ON "outbox_event"("stream", "seq");

-- CreateIndex
CREATE INDEX "idempotency_record_createdAt_idx" ON "idempotency_record"("createdAt");
