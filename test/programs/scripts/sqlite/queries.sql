create table sales(id integer primary key, region text, amount real, day text);
with recursive n(i) as (select 1 union all select i + 1 from n where i < 400)
  insert into sales select i, char(65 + i % 4), round(((i * 7919) % 1009) / 7.0, 3), date('2024-01-01', '+' || (i % 90) || ' days') from n;
select region, count(*), round(sum(amount), 3), round(avg(amount), 6), min(day), max(amount) from sales group by region having count(*) > 50 order by 3 desc;
select day, total, round(sum(total) over (order by day rows 2 preceding), 3), rank() over (order by total desc) from (select day, round(sum(amount), 3) total from sales group by day) order by day limit 6;
create index by_day on sales(day); explain query plan select * from sales where day = '2024-02-02';
update sales set amount = amount * 1.1 where region = 'A'; delete from sales where id % 3 = 0; select changes(), total(amount) > 0, count(*) from sales;
begin; delete from sales; rollback; select count(*) from sales; select typeof(1), typeof(1.0), typeof('x'), typeof(null), 7 / 2, 7.0 / 2, 1e308 * 10, 9223372036854775807 + 1, 0.1 + 0.2, cast('12abc' as integer), x'4142', hex('ab');
select json_extract('{"a":[1,{"b":"c"}]}', '$.a[1].b'), json_group_array(id) from (select id from sales limit 5); select printf('%05d|%.3f|%s', 42, 3.14159, 'x'), substr('trapwalk', 5), replace('aXb', 'X', '--'), upper('q'), instr('hello', 'l'), 'a' like 'A', 'abc' glob 'a*', coalesce(null, 2), strftime('%s', '2001-09-09 01:46:40'), julianday('2000-01-01');
with recursive mandel(x, y, cx, cy, i) as (select 0.0, 0.0, -0.5, 0.5, 0 union all select x * x - y * y + cx, 2 * x * y + cy, cx, cy, i + 1 from mandel where i < 30) select round(x, 9), round(y, 9) from mandel where i = 30;
create virtual table notes using fts5(body); insert into notes values ('the quick brown fox'), ('lazy dogs sleep'), ('quick dogs run'); select body from notes where notes match 'quick NOT fox' ; select rowid from notes where notes match 'dog*' order by rowid;
create table parent(a primary key); create table child(b references parent(a)); pragma foreign_keys = on; insert into child values (1); insert into parent values (1), (1); select * from missing;
.mode column
.headers on
select id, region from sales limit 3;
