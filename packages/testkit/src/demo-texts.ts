/** Words of the demo world. All of it is invented. First names have up to 7 letters, last names up to 9. */

export const FIRST_NAMES: readonly string[] = [
  ...['Amara', 'Anton', 'Bela', 'Bruno', 'Carla', 'Cleo', 'Dario', 'Delia', 'Edda', 'Elias', 'Emeka', 'Farah'],
  ...['Felix', 'Freya', 'Greta', 'Hamza', 'Hana', 'Ilse', 'Imran', 'Ines', 'Jonas', 'Jun', 'Kaia', 'Kofi'],
  ...['Lena', 'Leo', 'Luca', 'Maren', 'Mateo', 'Mina', 'Mira', 'Nadia', 'Nils', 'Noor', 'Olga', 'Omar'],
  ...['Petra', 'Priya', 'Rafael', 'Rosa', 'Sami', 'Selma', 'Tariq', 'Thea', 'Uma', 'Vera', 'Wanda', 'Yara'],
];

/** Half of a display name. */
export const LAST_NAMES: readonly string[] = [
  ...['Adler', 'Akande', 'Almeida', 'Bakker', 'Berg', 'Brandt', 'Castro', 'Dahl', 'Duarte', 'Eriksen', 'Falk'],
  ...['Ferro', 'Gruber', 'Haas', 'Hansen', 'Ito', 'Jansen', 'Keller', 'Kowal', 'Lang', 'Larsen', 'Lindqvist'],
  ...['Lopez', 'Marino', 'Mensah', 'Meyer', 'Moreau', 'Nakata', 'Novak', 'Okoye', 'Olsen', 'Park', 'Petrov'],
  ...['Quist', 'Ricci', 'Rossi', 'Sato', 'Schmid', 'Silva', 'Sorel', 'Tanaka', 'Torres', 'Varga', 'Weber', 'Yilmaz'],
];

/** The first direct conversation of the world: ada and grace, in turn, ada first. */
export const ADA_AND_GRACE: readonly string[] = [
  'Hi Grace! Did you get home before the rain?',
  'Just about. I have tea and a free evening. What are you playing?',
  'I picked up something from the sale last night. It is lovely.',
  'Is it the one with the map that you draw yourself?',
  'That one! You would like it. There is a leaderboard, too.',
  'Then I will beat your score by Sunday.',
  'You are welcome to try :)',
];

/** How conversations begin. */
export const OPENERS: readonly string[] = [
  'Hey, are you around tonight?',
  'Good morning! Have you tried the new update yet?',
  'I finally finished the last level!',
  'Do you want to play a round later?',
  'I saw your score. How did you do that?',
  'Any idea what to play at the weekend?',
  'The sale is on. Did you find something nice?',
];

/** How they go on. */
export const REPLIES: readonly string[] = [
  'Sure, give me half an hour.',
  'Not yet, but it is on my list.',
  'That is great, well done!',
  'I would love to. Shall we say eight?',
  'Lots of practice, and a little luck.',
  'I have heard good things about it.',
  'Let us ask the others, too.',
  'Ha, same here.',
  'I am stuck at the bridge. Any hint?',
  'Try the path on the left, behind the mill.',
  'Thank you, that did it!',
  'The music is my favourite part.',
  'I can do Saturday, but not before noon.',
  'See you there.',
  'Good game! Same time next week?',
];

/** What groups call themselves. */
export const GROUP_TITLES: readonly string[] = [
  'Friday night',
  'Sunday co-op',
  'Puzzle people',
  'Speedrun club',
  'Lunch break games',
  'Retro corner',
];
