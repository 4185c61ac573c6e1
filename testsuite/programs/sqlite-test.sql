-- 100,000 rows, joins, an index, aggregates, a transaction rolled back.
create table item(id integer primary key, grp int, name text, price real);
with recursive n(i) as (select 1 union all select i + 1 from n where i < 100000)
insert into item select i, (i * 7919) % 97, 'item ' || ((i * 104729) % 100003), (i % 1000) / 7.0 from n;
create table grp(id integer primary key, label text);
insert into grp select distinct grp, 'group ' || grp from item;
create index item_grp on item(grp, price);
select count(*), sum(grp), round(avg(price), 6), min(name), max(name) from item;
select g.label, count(*), round(sum(i.price), 4) from item i join grp g on g.id = i.grp
  group by g.label order by 3 desc, 1 limit 10;
select a.id, b.id from item a join item b on a.name = b.name and a.id < b.id order by a.id limit 5;
explain query plan select * from item where grp = 5 and price > 100;
select id, name from item where grp = 5 and price > 100 order by price desc, id limit 7;
begin; delete from item where grp < 50; select count(*) from item; rollback;
select count(*) from item;
update item set price = price * 2 where id % 3 = 0;
select round(total(price), 3) from item;
select grp, row_number() over (order by count(*) desc, grp) r from item group by grp limit 5;
select json_extract('{"a":[1,2,{"b":3}]}', '$.a[2].b'), hex(zeroblob(4)), printf('%08.3f', 3.14159);
select group_concat(name, '|') from (select name from item where name like '%999%' order by name limit 5);
vacuum;
pragma integrity_check;
